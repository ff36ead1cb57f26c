import { spawn } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { finished } from "node:stream/promises";
import { type FinalResults, Parser, type Result } from "tap-parser";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { isTimed, type TestFiles } from "./test-files.ts";

/** What one process with test files told. */
export interface Outcome {
  /** The file, or the folder of several. */
  readonly name: string;
  readonly seconds: number;
  /** Processor time, of its children too. */
  readonly cpuSeconds: number;
  readonly passed: number;
  readonly failed: number;
  /** Its figures and its failures, a line each. */
  readonly lines: readonly string[];
}

export interface RunOptions {
  readonly timeoutSeconds: number;
  /** How long a file that is over its time may take to say so, before it is killed. */
  readonly lastWordsMs?: number;
  /** Gives the processor time of a process that has just ended. */
  readonly endedCpuMs: () => number;
  readonly signal: AbortSignal;
}

/** The priority of all but the timed tests, which would else be blamed for what runs beside them. */
const YIELDING = 5;

const LAST_WORDS_MS = 15_000;

/** Imports the files that its environment names. */
const SEVERAL = join(PACKAGE_FOLDER, "dist", "test", "support", "several-files.js");

/** Runs test files, absolute paths, in one process. One that crashes, hangs or tells nothing has failed too. */
export async function runFiles(
  files: TestFiles,
  { timeoutSeconds, lastWordsMs = LAST_WORDS_MS, endedCpuMs, signal }: RunOptions,
): Promise<Outcome> {
  const since = performance.now();
  const [first, ...others] = files;
  const name = nameOf(files);
  const child = spawn(process.execPath, [others.length === 0 ? first : SEVERAL], {
    cwd: PACKAGE_FOLDER,
    // tap names fixture folders by the arguments, so that a list of files there would be too long a name.
    env: { ...process.env, TAP: "1", TAP_TIMEOUT: String(timeoutSeconds), MATCHLIGHT_TEST_FILES: files.join("\n") },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: timeoutSeconds * 1_000 + lastWordsMs,
    killSignal: "SIGKILL",
    signal,
  });
  let cpuSeconds = 0;
  child.once("exit", () => {
    cpuSeconds = endedCpuMs() / 1_000;
  });
  if (child.pid !== undefined && !isTimed(first)) setPriority(child.pid, YIELDING);
  const tally: Tally = { passed: 0, failed: 0, lines: [] };
  const parser = new Parser();
  tallyResults(parser, tally);
  const [[code, killedBy], [{ ok, count }]] = (await Promise.all([
    once(child, "close"),
    once(parser, "complete"),
    finished(child.stdout.pipe(parser), { readable: false }),
  ])) as [[number | null, string | null], [FinalResults], undefined];
  if (tally.failed === 0 && !(ok && code === 0 && count > 0)) {
    tally.failed++;
    tally.lines.push(`  FAILED: ${name} ended with ${killedBy ?? code} after ${count} results`);
  }
  const seconds = (performance.now() - since) / 1_000;
  return { name, seconds, cpuSeconds, ...tally };
}

function nameOf([first, ...others]: TestFiles): string {
  let common = others.length === 0 ? first : dirname(first);
  while (!others.every((file) => file.startsWith(common))) common = dirname(common);
  const path = relative(PACKAGE_FOLDER, common).replaceAll(sep, "/");
  return others.length === 0 ? path : `${path} (${others.length + 1} files)`;
}

interface Tally {
  passed: number;
  failed: number;
  readonly lines: string[];
}

/** Counts the innermost assertions: one that only closes a subtest repeats what was counted inside it. */
function tallyResults(parser: Parser, tally: Tally): void {
  let closing: string | undefined;
  parser.on("child", (child: Parser) => {
    closing = child.name;
    tallyResults(child, tally);
  });
  parser.on("comment", (comment: string) => {
    if (!/^# (Subtest|time|\{)/.test(comment)) tally.lines.push(`    ${comment.trim()}`);
  });
  parser.on("assert", (result: Result) => {
    if (result.name === closing) return;
    if (result.ok) tally.passed++;
    else {
      tally.failed++;
      tally.lines.push(`  FAILED: ${result.fullname}\n${JSON.stringify(result.diag, null, 2)}`);
    }
  });
}
