import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type Outcome, runFile } from "./support/run-file.ts";
import { chooseFiles, isAlone, isTimed } from "./support/test-files.ts";

/** Most tests wait for devices and films more than they compute: two for each core keep the cores busy. */
const JOBS = 2 * availableParallelism();
/** So many of them may be timed tests, for one that needs a processor at once shares it with none of its kind. */
const TIMED_JOBS = availableParallelism();

/** The longest file takes two minutes, and more than three where something else keeps the processors busy. */
const HANGS_AFTER_SECONDS = 420;

/** How many files are named at the end as the slowest. */
const SLOWEST = 10;

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
    options: {
      timeout: { type: "string", default: String(HANGS_AFTER_SECONDS) },
      jobs: { type: "string", default: String(JOBS) },
    },
  });
  const options = { timeoutSeconds: Number(values.timeout), signal: untilStopped() };
  const files = chooseFiles(positionals);
  const outcomes: Outcome[] = [];
  const work = async (queue: Iterable<string>) => {
    for (const file of queue) {
      const outcome = await runFile(file, options);
      outcomes.push(outcome);
      for (const line of outcome.lines) print(line);
      print(`${outcome.failed === 0 ? "ok    " : "FAILED"} ${told(outcome)}`);
    }
  };
  const together = files.filter((file) => !isAlone(file));
  const timed = together.filter(isTimed).values();
  const patient = together.filter((file) => !isTimed(file)).values();
  const lane = async (place: number) => {
    if (place < TIMED_JOBS) await work(timed);
    await work(patient);
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, (_, place) => lane(place)));
  await work(files.filter(isAlone).values());
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

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  print(String(error));
  return 1;
});
