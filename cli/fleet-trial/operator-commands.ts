import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";

const CLI = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");

/** The output and exit code of an operator's command. */
export interface Ran {
  readonly code: number | null;
  readonly printed: string;
  readonly tookMs: number;
}

/** Runs `matchlight fleet …` as an operator does, in a separate process. */
export async function runFleet(...args: readonly string[]): Promise<Ran> {
  const sinceMs = performance.now();
  const child = spawn(process.execPath, [CLI, "fleet", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, printed: `${out}${error}`.trim(), tookMs: performance.now() - sinceMs };
}

/** Runs the command and passes on each line of its output as soon as it is printed. */
export async function followFleet(line: (text: string) => void, ...args: readonly string[]): Promise<Ran> {
  const sinceMs = performance.now();
  const child = spawn(process.execPath, [CLI, "fleet", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const printed: string[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    printed.push(text);
    line(text);
  });
  const [error] = await Promise.all([text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, printed: `${printed.join("\n")}${error}`.trim(), tookMs: performance.now() - sinceMs };
}

/** Runs `matchlight fleet renew` until it is closed. */
export function runRenewals(fleetFile: string): AsyncDisposable {
  const child = spawn(process.execPath, [CLI, "fleet", "renew", "--fleet", fleetFile], { stdio: "ignore" });
  const ended = once(child, "exit");
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
