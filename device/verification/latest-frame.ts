import type { Frame } from "../../drivers/camera/camera.ts";

/** A place for one frame. A newer frame replaces it, and the old one is released. */
export interface LatestFrame {
  put(frame: Frame): void;
  /** Returns the newest frame, or waits for one; undefined after `close`. One call at a time. */
  take(): Promise<Frame | undefined>;
  /** Releases the frame, and every later one. */
  close(): void;
}

/** Ignores frames that were taken before `sinceMs` (CLOCK_MONOTONIC), the begin of the session. */
export function latestFrame(sinceMs: number): LatestFrame {
  let waiting: Frame | undefined;
  let taker: ((frame: Frame | undefined) => void) | undefined;
  let closed = false;

  const handOver = (frame: Frame | undefined) => {
    const resolve = taker;
    taker = undefined;
    resolve?.(frame);
  };

  return {
    put(frame) {
      if (closed || frame.takenAtMs < sinceMs) return frame.giveBack();
      if (taker) return handOver(frame);
      waiting?.giveBack();
      waiting = frame;
    },
    async take() {
      const frame = waiting;
      waiting = undefined;
      if (frame || closed) return frame;
      return new Promise((resolve) => {
        taker = resolve;
      });
    },
    close() {
      closed = true;
      waiting?.giveBack();
      waiting = undefined;
      handOver(undefined);
    },
  };
}
