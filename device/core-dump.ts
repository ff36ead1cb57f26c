import { loadAddon } from "../drivers/addon.ts";
import type { Log } from "./log.ts";

/**
 * Sees to it that a crash leaves no core dump: the pictures that the process holds at that moment would be in it. Where
 * `forbid` cannot do it the service runs as well, and the log says that it is up to the system now.
 */
export function forbidCoreDumps(log: Log, forbid = () => loadAddon().forbidDumps()): void {
  try {
    forbid();
  } catch (error) {
    log.warn({ event: "core_dumps_possible", reason: String(error) });
  }
}
