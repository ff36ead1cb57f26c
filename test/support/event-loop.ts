import { readFileSync } from "node:fs";

const SAMPLE_MS = 5;

/**
 * How long the main thread has been ready to run and had no processor, in milliseconds. A busy machine causes this wait, not
 * the program. It is 0 where the kernel does not count it.
 */
export function processorWaitMs(): number {
  try {
    const [, waited] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
    return Number(waited) / 1e6;
  } catch {
    return 0;
  }
}

export interface Blocks {
  /** The longest time in which the event loop served nothing, without the wait for a processor. */
  readonly longestMs: number;
  /** The wait for a processor in all. */
  readonly waitedMs: number;
}

/** Measures how long the event loop is blocked, by computation and by synchronous I/O, until it is stopped. */
export function measureBlocks(): { stop(): Blocks } {
  const begunWaitMs = processorWaitMs();
  let longestMs = 0;
  let last = { atMs: performance.now(), waitMs: begunWaitMs };
  const sample = () => {
    const now = { atMs: performance.now(), waitMs: processorWaitMs() };
    longestMs = Math.max(longestMs, now.atMs - last.atMs - SAMPLE_MS - (now.waitMs - last.waitMs));
    last = now;
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      sample();
      return { longestMs, waitedMs: last.waitMs - begunWaitMs };
    },
  };
}
