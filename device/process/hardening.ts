import { writeFileSync } from "node:fs";
import { type Addon, loadAddon } from "../../drivers/addon.ts";
import type { Log } from "./log.ts";

/** The kinds of memory in a core dump of this process, see core(5). */
const DUMP_FILTER = "/proc/self/coredump_filter";
const NO_MEMORY = "0";

/** The calls of the system that it needs. */
interface HardeningPlatform {
  readonly addon: () => Pick<Addon, "forbidDumps" | "overwriteFreed">;
  /** Sets the kinds of memory in a dump. */
  readonly filterDumps: (kinds: string) => void;
}

const PLATFORM: HardeningPlatform = {
  addon: loadAddon,
  filterDumps: (kinds) => writeFileSync(DUMP_FILTER, kinds),
};

/**
 * Ensures that pictures do not remain in memory or on the disk. A crash leaves no core dump. A program or socket that
 * /proc/sys/kernel/core_pattern names can still get one, but without memory. Freed memory is overwritten, because decoders and
 * networks free buffers that the service cannot reach; this costs 1 % of a verification. If the system refuses one of these,
 * the service runs without it and the log says so.
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
