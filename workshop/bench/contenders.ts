import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FromContender, Pass, Setup, ToContender } from "./messages.ts";

/** A contender: its name in tables, and a description. */
export interface Entry {
  readonly name: string;
  readonly what: string;
  readonly setup: Setup;
}

/** A loaded contender after its first pass. */
export interface Contender extends AsyncDisposable {
  readonly entry: Entry;
  /** Runs passes while the others wait. Throws if one fails. */
  measure(passes: number): Promise<{ readonly passes: readonly Pass[]; readonly residentBytes: number }>;
}

/** Loading takes seconds. A contender that takes this long has failed. */
const ANSWER_WITHIN_MS = 180_000;

/** Starts a contender in its own process, on one frame. Throws if it cannot do its work. */
export async function startContender(entry: Entry, frame: string): Promise<Contender> {
  const program = fileURLToPath(new URL("./contender.js", import.meta.url));
  const child = fork(program, [JSON.stringify(entry.setup), frame], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  try {
    await answer(child, entry.name);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    entry,
    async measure(passes) {
      child.send({ passes } satisfies ToContender);
      const message = await answer(child, entry.name);
      if (message.kind === "measured") return message;
      throw new Error(`${entry.name} answered "${message.kind}" when it was to measure`);
    },
    [Symbol.asyncDispose]: close,
  };
}

async function answer(child: ChildProcess, name: string): Promise<Exclude<FromContender, { kind: "refused" }>> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const [message] = (await Promise.race([
      once(child, "message", { signal }),
      once(child, "exit", { signal }).then(([code]) => [{ kind: "refused", problem: `its process ended (${code})` }]),
      once(AbortSignal.timeout(ANSWER_WITHIN_MS), "abort", { signal }).then(() => [
        { kind: "refused", problem: `no answer within ${ANSWER_WITHIN_MS / 1000} s` },
      ]),
    ])) as [FromContender];
    if (message.kind === "refused") throw new Error(`${name} cannot be measured: ${message.problem}`);
    return message;
  } finally {
    settled.abort();
  }
}
