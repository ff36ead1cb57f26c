import { availableParallelism } from "node:os";
import { childrenCpuMeter } from "./support/cpu-time.ts";
import { type Outcome, runFiles } from "./support/run-files.ts";
import { runnerHelp } from "./support/runner-help.ts";
import { chooseFiles, groupFiles, isAlone, isTimed, type TestFiles } from "./support/test-files.ts";
import { countOf, readArguments } from "./support/tool-arguments.ts";

/** Most tests wait for devices and films more than they compute: two for each core keep the cores busy. */
const JOBS = 2 * availableParallelism();
/** So many of them may be timed tests, for one that needs a processor at once shares it with none of its kind. */
const TIMED_JOBS = availableParallelism();

/** The longest file takes two minutes, and ten times as long where much else keeps the processors busy. */
const HANGS_AFTER_SECONDS = 1_500;

/** How many processes are named at the end as the slowest. */
const SLOWEST = 10;

/**
 * Runs the compiled tests (all, or the files named), some side by side, prints a line for each process, every failure with
 * its details and every figure that a test tells, then what took longest, and ends with a line that every CI can read. A
 * test file tells its results by tap; Node runs it as it runs what is shipped: the JavaScript in `dist`. `--cost` tells the
 * processor time of every process too.
 */
async function main(args: readonly string[]): Promise<number> {
  const help = runnerHelp(args);
  const { values, positionals } = readArguments(help, {
    args: [...args],
    allowPositionals: true,
    options: {
      timeout: { type: "string", default: String(HANGS_AFTER_SECONDS) },
      jobs: { type: "string", default: String(JOBS) },
      cost: { type: "boolean", default: false },
      long: { type: "boolean", default: false },
    },
  });
  const options = {
    timeoutSeconds: countOf(help, "--timeout", values.timeout),
    endedCpuMs: childrenCpuMeter(),
    signal: untilStopped(),
  };
  const jobs = countOf(help, "--jobs", values.jobs);
  const groups = groupFiles(chooseFiles(positionals, values.long ? "long" : "everyday"));
  const outcomes: Outcome[] = [];
  const work = async (queue: Iterable<TestFiles>) => {
    for (const files of queue) {
      const outcome = await runFiles(files, options);
      outcomes.push(outcome);
      for (const line of outcome.lines) print(line);
      print(`${outcome.failed === 0 ? "ok    " : "FAILED"} ${told(outcome.name, outcome.seconds)}`);
    }
  };
  const together = groups.filter(([file]) => !isAlone(file));
  const timed = together.filter(([file]) => isTimed(file)).values();
  const patient = together.filter(([file]) => !isTimed(file)).values();
  const lane = async (place: number) => {
    if (place < TIMED_JOBS) await work(timed);
    await work(patient);
  };
  await Promise.all(Array.from({ length: jobs }, (_, place) => lane(place)));
  await work(groups.filter(([file]) => isAlone(file)).values());
  if (values.cost) printCost(outcomes);
  return conclude(outcomes);
}

/** What takes most processor time comes last, where it is read. */
function printCost(outcomes: readonly Outcome[]): void {
  print("processor time of each process:");
  const dearest = [...outcomes].sort((a, b) => a.cpuSeconds - b.cpuSeconds);
  for (const { name, cpuSeconds, passed } of dearest) print(`       ${told(name, cpuSeconds)}, ${passed} passed`);
  print(
    `       ${told(
      "all",
      sum(outcomes, ({ cpuSeconds }) => cpuSeconds),
    )}`,
  );
}

function conclude(outcomes: readonly Outcome[]): number {
  if (outcomes.length > SLOWEST) {
    print(`the slowest ${SLOWEST} of ${outcomes.length} processes:`);
    const slowest = [...outcomes].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
    for (const outcome of slowest) print(`       ${told(outcome.name, outcome.seconds)}`);
  }
  const failed = sum(outcomes, (outcome) => outcome.failed);
  print(`${sum(outcomes, ({ passed }) => passed)} passed, ${failed} failed`);
  return failed > 0 || outcomes.length === 0 ? 1 : 0;
}

/** The test files end when the runner is told to. */
function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

function sum(outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number {
  return outcomes.reduce((total, outcome) => total + of(outcome), 0);
}

function told(name: string, seconds: number): string {
  return `${seconds.toFixed(1).padStart(5)} s  ${name}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  print(error instanceof Error ? error.message : String(error));
  return 1;
});
