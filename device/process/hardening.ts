import { writeFileSync } from "node:fs";
import { type Addon, loadAddon } from "../../drivers/addon.ts";
import type { Log } from "./log.ts";

/** Which kinds of memory a dump of this process may hold: see core(5). */
const DUMP_FILTER = "/proc/self/coredump_filter";
const NO_MEMORY = "0";

/** What the system does for it. */
export interface HardeningPlatform {
  readonly addon: () => Pick<Addon, "forbidDumps" | "overwriteFreed">;
  /** Sets what a dump may hold. */
  readonly filterDumps: (kinds: string) => void;
}

const PLATFORM: HardeningPlatform = {
  addon: loadAddon,
  filterDumps: (kinds) => writeFileSync(DUMP_FILTER, kinds),
};

/**
 * Sees to it that pictures leave no traces. A crash leaves no core dump, and whoever gets one all the same, as a program or
 * socket that /proc/sys/kernel/core_pattern names may, gets none of the memory. Freed memory is overwritten, for decoders
 * and networks hold pieces that only they can reach; that takes a hundredth of a verification. Where the system refuses
 * one of these the service runs as well, and the log says so.
 */
export function hardenProcess(log: Log, { addon, filterDumps }: HardeningPlatform = PLATFORM): void {
  try {
    filterDumps(NO_MEMORY);
    addon().forbidDumps();
  } catch (error) {
    log.warn({ event: "core_dumps_possible", reason: String(error) });
  }
  try {
    addon().overwriteFreed();
  } catch (error) {
    log.warn({ event: "freed_memory_stays", reason: String(error) });
  }
}
