import { readFileSync } from "node:fs";
import { loadAddon } from "../drivers/addon.ts";
import type { Log } from "./log.ts";

const COLLECTED =
  "the hard limit for core dumps is 0, which keeps no program away that /proc/sys/kernel/core_pattern names: make it 1";

/** What a core pattern begins with that names no file, but who collects dumps: a program, or a socket. */
const COLLECTOR = /^[|@]/;

/**
 * Sees to it that a crash leaves no core dump: the pictures that the process holds at that moment would be in it. Where
 * `forbid` cannot do it the service runs as well, and the log says that it is up to the system now.
 */
export function forbidCoreDumps(
  log: Log,
  forbid = () => loadAddon().forbidDumps(),
  pattern = () => readFileSync("/proc/sys/kernel/core_pattern", "utf8"),
): void {
  try {
    if (forbid() === 0 && COLLECTOR.test(pattern())) log.warn({ event: "core_dumps_possible", reason: COLLECTED });
  } catch (error) {
    log.warn({ event: "core_dumps_possible", reason: String(error) });
  }
}
