import { spawn } from "node:child_process";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { Parser, type Result } from "tap-parser";
import { PACKAGE_FOLDER } from "../device/paths.ts";

/**
 * Runs tap on the compiled tests (all, or the files named), prints a line for each file, every failure with its
 * details and every figure that a test tells, then the files that took longest, and ends with a line that every CI can
 * read. The tests run what is shipped: the JavaScript in `dist`.
 */
async function main(files: readonly string[]): Promise<number> {
  const tap = join(PACKAGE_FOLDER, "node_modules", ".bin", "tap");
  const child = spawn(tap, ["run", "--reporter=tap", ...files], {
    cwd: PACKAGE_FOLDER,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  const count = { passed: 0, failed: 0 };
  const parser = new Parser();
  watch(parser, 0, count);
  const took: Result[] = [];
  parser.on("assert", (file: Result) => took.push(file));
  await finished(child.stdout.pipe(parser), { readable: false });
  const code = await exited;
  if (took.length > SLOWEST) printSlowest(took);
  print(`${count.passed} passed, ${count.failed} failed`);
  return code === 0 && count.failed > 0 ? 1 : code;
}

/** Counts the innermost assertions: one that only closes a subtest repeats what was counted inside it. */
function watch(parser: Parser, depth: number, count: { passed: number; failed: number }): void {
  let closing: string | undefined;
  parser.on("child", (child: Parser) => {
    closing = child.name;
    watch(child, depth + 1, count);
  });
  parser.on("comment", (comment: string) => {
    if (depth > 0 && !/^# (Subtest|time|\{)/.test(comment)) print(`    ${comment.trim()}`);
  });
  parser.on("assert", (result: Result) => {
    if (depth === 0) print(`${result.ok ? "ok    " : "FAILED"} ${told(result)}${result.skip ? " (skipped)" : ""}`);
    if (result.name === closing) return;
    if (result.ok) count.passed++;
    else {
      count.failed++;
      print(`  FAILED: ${result.fullname}\n${JSON.stringify(result.diag, null, 2)}`);
    }
  });
}

/** How many files are named at the end as the slowest. */
const SLOWEST = 10;

function printSlowest(files: readonly Result[]): void {
  const sorted = [...files].sort((a, b) => (b.time ?? 0) - (a.time ?? 0));
  print(`the slowest ${SLOWEST} of ${files.length} files:`);
  for (const file of sorted.slice(0, SLOWEST)) print(`       ${told(file)}`);
}

function told({ name, time }: Result): string {
  return `${((time ?? 0) / 1000).toFixed(1).padStart(5)} s  ${name}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main(process.argv.slice(2));
