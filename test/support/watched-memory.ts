import { setTimeout as sleep } from "node:timers/promises";

/** Resident memory over a long run. */
export interface WatchedMemory {
  after(done: number): Promise<void>;
  /** The growth from the first third to the last. */
  grownMb(): number;
}

const SAMPLES = 60;

/**
 * A single value says nothing: between two collections of garbage, buffers of photos and messages make it swing by 50 MB.
 * The medians of many samples are compared. The first quarter of the run is warm-up: code is loaded and compiled, and the heap
 * and the allocator take what a run of the largest messages needs.
 */
export function watchMemory(messages: number): WatchedMemory {
  const every = Math.max(1, Math.floor(messages / SAMPLES));
  const samples: number[] = [];
  return {
    async after(done) {
      if (done % every !== 0) return;
      globalThis.gc?.();
      // Buffers that the collection found are freed on another thread.
      await sleep(1);
      samples.push(process.memoryUsage.rss() / 1e6);
    },
    grownMb: () => memoryGrowthMb(samples),
  };
}

/** Between the medians of the first and the last third after the warm-up, in the unit of the samples. */
export function memoryGrowthMb(samples: readonly number[]): number {
  const warm = samples.slice(Math.floor(samples.length / 4));
  const third = Math.floor(warm.length / 3);
  return Math.round(medianOf(warm.slice(-third)) - medianOf(warm.slice(0, third)));
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
