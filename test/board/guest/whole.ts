import { readdir, readFile } from "node:fs/promises";
import { openShop } from "./shop.ts";
import { tell } from "./suite.ts";

/**
 * Counts what the whole service computes for a verification, from the request to the report, by its threads. The machine
 * runs with one guest nanosecond for each instruction, and the scheduler tells for how many a thread has been on the
 * processor. The film comes at its own pace from a folder, so a verification is as long as the man takes to blink; of the
 * runs the one with the fewest instructions is told.
 */
const WARM_UP = 2;
const RUNS = 4;

/** Millions of instructions. */
interface Counted {
  readonly main: number;
  readonly others: number;
}

async function onProcessor(pid: number): Promise<Counted> {
  const counted = { main: 0, others: 0 };
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    // proc_pid_schedstat(5): time on the processor, time waiting for it, slices run.
    const [ran] = (await readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8")).split(" ");
    counted[thread === String(pid) ? "main" : "others"] += Number(ran) / 1e6;
  }
  return counted;
}

const environment = { MATCHLIGHT_CAMERA: "film:/app/photos/film", MATCHLIGHT_MODEL_PACK: process.argv[2] ?? "int8" };
await using shop = await openShop(environment);
for (let i = 0; i < WARM_UP; i++) await shop.verify("right.jpg");
const runs: Counted[] = [];
for (let i = 0; i < RUNS; i++) {
  const before = await onProcessor(shop.pid);
  const decision = await shop.verify("right.jpg");
  if (decision !== "match") throw new Error(`a verification of the right person ended as ${decision}`);
  const after = await onProcessor(shop.pid);
  runs.push({ main: after.main - before.main, others: after.others - before.others });
}
const [least = { main: Number.NaN, others: Number.NaN }] = runs.sort((a, b) => a.main + a.others - b.main - b.others);
tell({ kind: "count", stage: "whole service, main thread", millions: Number(least.main.toFixed(1)) });
tell({ kind: "count", stage: "whole service, other threads", millions: Number(least.others.toFixed(1)) });
process.exit(0);
