import { setTimeout as sleep } from "node:timers/promises";
import { openShop } from "./shop.ts";
import { tell } from "./suite.ts";

/**
 * Counts what a start costs. The machine runs with one guest nanosecond for each instruction, so the times of the log, in
 * milliseconds, are millions of instructions; everything that runs meanwhile counts too, the broker and this program.
 */
const IDLE_MS = 20_000;

interface Line {
  readonly event: string;
  readonly time: string;
  readonly loadMs?: number;
  readonly selfTestMs?: number;
}

const begunMs = Date.now();
await using shop = await openShop({ MATCHLIGHT_CAMERA: "film:/none" });
const lines: readonly Line[] = shop
  .log()
  .split("\n")
  .filter((line) => line.startsWith("{"))
  .map((line) => JSON.parse(line));
const at = (event: string) => Date.parse(lines.find((line) => line.event === event)?.time ?? "");
const { loadMs = 0, selfTestMs = 0 } = lines.find(({ event }) => event === "started") ?? {};
const between = at("started") - at("starting");
const phases = {
  "Node and modules": at("starting") - begunMs,
  "keys, ledger, inference thread": between - loadMs - selfTestMs,
  "networks loaded": loadMs,
  "self-test": selfTestMs,
  broker: at("broker_connected") - at("started"),
};
for (const [stage, millions] of Object.entries(phases)) tell({ kind: "count", stage, millions });
tell({ kind: "count", stage: "start to ready", millions: at("broker_connected") - begunMs });
await sleep(IDLE_MS);
tell({ kind: "figure", name: "the service's memory when idle, MB", ...(await shop.readMemory()) });
process.exit(0);
