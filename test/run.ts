import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, setPriority } from "node:os";
import { relative, sep } from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import { type FinalResults, Parser, type Result } from "tap-parser";
import { PACKAGE_FOLDER } from "../device/paths.ts";
import { chooseFiles, isTimed } from "./support/test-files.ts";

/** What one test file told. */
interface Outcome {
  readonly file: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  /** Its figures and its failures, a line each. */
  readonly lines: readonly string[];
}

interface RunOptions {
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** Most tests wait for devices and films more than they compute: two for each core keep the cores busy. */
const JOBS = 2 * availableParallelism();

/** The priority of all but the timed tests, which would else be blamed for what runs beside them. */
const YIELDING = 5;

/** How many files are named at the end as the slowest. */
const SLOWEST = 10;

/** How long a file that is over its time may take to say so, before it is killed. */
const LAST_WORDS_MS = 15_000;

/**
 * Runs the compiled tests (all, or the files named), some side by side, prints a line for each file, every failure with
 * its details and every figure that a test tells, then the files that took longest, and ends with a line that every CI
 * can read. A test file is a program that tells its results by tap; Node runs it as it runs what is shipped: the
 * JavaScript in `dist`.
 */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { timeout: { type: "string", default: "180" }, jobs: { type: "string", default: String(JOBS) } },
  });
  const options = { timeoutSeconds: Number(values.timeout), signal: untilStopped() };
  const files = chooseFiles(positionals);
  const outcomes: Outcome[] = [];
  const queue = files.values();
  const work = async () => {
    for (const file of queue) {
      const outcome = await runFile(file, options);
      outcomes.push(outcome);
      for (const line of outcome.lines) print(line);
      print(`${outcome.failed === 0 ? "ok    " : "FAILED"} ${told(outcome)}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  return conclude(outcomes);
}

function conclude(outcomes: readonly Outcome[]): number {
  if (outcomes.length > SLOWEST) {
    print(`the slowest ${SLOWEST} of ${outcomes.length} files:`);
    const slowest = [...outcomes].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
    for (const outcome of slowest) print(`       ${told(outcome)}`);
  }
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const failed = sum((outcome) => outcome.failed);
  print(`${sum((outcome) => outcome.passed)} passed, ${failed} failed`);
  return failed > 0 || outcomes.length === 0 ? 1 : 0;
}

/** Runs a file in a process of its own. One that crashes, hangs or tells nothing has failed too. */
async function runFile(file: string, { timeoutSeconds, signal }: RunOptions): Promise<Outcome> {
  const since = performance.now();
  const child = spawn(process.execPath, [file], {
    cwd: PACKAGE_FOLDER,
    env: { ...process.env, TAP: "1", TAP_TIMEOUT: String(timeoutSeconds) },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: timeoutSeconds * 1_000 + LAST_WORDS_MS,
    killSignal: "SIGKILL",
    signal,
  });
  if (child.pid !== undefined && !isTimed(file)) setPriority(child.pid, YIELDING);
  const tally: Tally = { passed: 0, failed: 0, lines: [] };
  const parser = new Parser();
  watch(parser, tally);
  const [[code, killedBy], [{ ok, count }]] = (await Promise.all([
    once(child, "close"),
    once(parser, "complete"),
    finished(child.stdout.pipe(parser), { readable: false }),
  ])) as [[number | null, string | null], [FinalResults], undefined];
  if (tally.failed === 0 && !(ok && code === 0 && count > 0)) {
    tally.failed++;
    tally.lines.push(`  FAILED: ${file} ended with ${killedBy ?? code} after ${count} results`);
  }
  const seconds = (performance.now() - since) / 1_000;
  return { file: relative(PACKAGE_FOLDER, file).replaceAll(sep, "/"), seconds, ...tally };
}

interface Tally {
  passed: number;
  failed: number;
  readonly lines: string[];
}

/** Counts the innermost assertions: one that only closes a subtest repeats what was counted inside it. */
function watch(parser: Parser, tally: Tally): void {
  let closing: string | undefined;
  parser.on("child", (child: Parser) => {
    closing = child.name;
    watch(child, tally);
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

/** The test files end when the runner is told to. */
function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

function told({ file, seconds }: Pick<Outcome, "file" | "seconds">): string {
  return `${seconds.toFixed(1).padStart(5)} s  ${file}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main(process.argv.slice(2));
