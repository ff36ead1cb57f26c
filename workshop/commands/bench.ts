import { join } from "node:path";
import type { Command } from "commander";
import { wholeFrom } from "../../cli/console/arguments.ts";
import { writeBlock } from "../../cli/console/docs-block.ts";
import { exiting } from "../../cli/console/exit.ts";
import { print } from "../../cli/console/print.ts";
import { progressBar } from "../../cli/console/progress.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { bench } from "../bench/bench.ts";
import { type BenchReport, describeBench } from "../bench/report.ts";
import { benchTables } from "../bench/tables.ts";
import { markdownOf, printTables } from "../report/text-table.ts";

interface BenchFlags {
  readonly rounds: number;
  readonly frames: number;
  readonly peers: boolean;
  readonly verifications: boolean;
  readonly json?: boolean;
  readonly docs?: boolean;
}

const HELP = `
Each contender runs in a process of its own; they take turns, some frames at a time, so that what disturbs one disturbs
all. Times of one machine say little about another: look at the ratios. Processor time is disturbed less by other programs
than the clock is. The peers do the same work (face-api has no liveness) on their WebAssembly back ends; they are fetched
once through npm, held to a lock file, and are no part of the product.

  npm run bench -- --rounds 9
  npm run bench -- --no-peers --no-verifications     a look at the stages in a few seconds
  npm run bench -- --docs                            writes the tables of docs/BENCHMARKS.md

Exit code: 0 when all was measured, else 1. Nothing is judged by its speed.`;

/** `npm run bench`: the cost of a frame and of a verification, beside the peers. */
export function addBench(program: Command): void {
  program
    .command("bench")
    .description(
      "Measure the cost of a frame and of a verification, stage by stage, compared with the peers and the float pack.",
    )
    .option("--rounds <n>", "the number of turns of each contender", wholeFrom(1, 100), 5)
    .option("--frames <n>", "frames in each turn, after twice as many to warm up", wholeFrom(1, 30), 6)
    .option("--no-peers", "leave out @vladmandic/human and @vladmandic/face-api")
    .option("--no-verifications", "leave out whole verifications")
    .option("--json", "print one JSON object and nothing else")
    .option("--docs", "write the tables of docs/BENCHMARKS.md")
    .addHelpText("after", HELP)
    .action(exiting(run, 1));
}

async function run({ json = false, docs = false, ...options }: BenchFlags): Promise<number> {
  const info = json ? () => undefined : print;
  const report = describeBench(await bench({ ...options, print: info, bar: (label) => progressBar(label) }));
  if (json) print(JSON.stringify(report));
  else printTables(benchTables(report));
  if (docs) await writeDocs(report, info);
  return 0;
}

async function writeDocs(report: BenchReport, info: (text: string) => void): Promise<void> {
  await writeBlock(join(PACKAGE_FOLDER, "docs", "BENCHMARKS.md"), "bench", markdownOf(benchTables(report)));
  info("\nWrote the tables of docs/BENCHMARKS.md.");
}
