import { loadAddon } from "../drivers/addon.ts";
import type { Log } from "./log.ts";

/**
 * Unmaps the text of Node and its libraries when a service has started, for what only its start has used is as much again
 * as what it uses from then on, and would stay resident for good. The kernel keeps the pages as file cache, which it may
 * take as soon as memory is short; what runs next maps what it needs again, in a millisecond or two in all. Where this
 * cannot be done the service runs as well, with more memory.
 */
export function unmapStartText(log: Log): void {
  try {
    loadAddon().releaseText();
  } catch (error) {
    log.warn({ event: "text_stays_mapped", reason: String(error) });
  }
}
