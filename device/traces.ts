import { readFileSync } from "node:fs";
import { type Addon, loadAddon } from "../drivers/addon.ts";
import type { Log } from "./log.ts";

const COLLECTED =
  "the hard limit for core dumps is 0, which keeps no program away that /proc/sys/kernel/core_pattern names: make it 1";

/** What a core pattern begins with that names no file, but who collects dumps: a program, or a socket. */
const COLLECTOR = /^[|@]/;

/** What the system does for it. */
export interface TracesPlatform {
  readonly addon: () => Pick<Addon, "forbidDumps" | "overwriteFreed">;
  readonly corePattern: () => string;
}

const PLATFORM: TracesPlatform = {
  addon: loadAddon,
  corePattern: () => readFileSync("/proc/sys/kernel/core_pattern", "utf8"),
};

/**
 * Sees to it that pictures leave no traces: that a crash leaves no core dump, which they would be in, and that memory is
 * overwritten when it is freed, for not all that holds pieces of them is ours. Where one cannot be done the service runs as
 * well, and the log says so.
 */
export function leaveNoTraces(log: Log, { addon, corePattern }: TracesPlatform = PLATFORM): void {
  try {
    if (addon().forbidDumps() === 0 && COLLECTOR.test(corePattern()))
      log.warn({ event: "core_dumps_possible", reason: COLLECTED });
  } catch (error) {
    log.warn({ event: "core_dumps_possible", reason: String(error) });
  }
  try {
    addon().overwriteFreed();
  } catch (error) {
    log.warn({ event: "freed_memory_stays", reason: String(error) });
  }
}
