import { loadAddon } from "../../drivers/addon.ts";
import type { Log } from "./log.ts";

/**
 * Takes the text of Node and its libraries out of the process's memory, once a service has started: much of it only its
 * start has used. The kernel keeps the pages as file cache, which it takes sooner than what a process holds; what runs
 * next comes back as it is needed. Where `drop` cannot do it the service runs as well, with more memory.
 */
export function dropStartText(log: Log, drop = () => loadAddon().dropText()): void {
  try {
    drop();
  } catch (error) {
    log.warn({ event: "text_stays_resident", reason: String(error) });
  }
}
