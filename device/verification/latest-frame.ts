import type { Frame } from "../../drivers/camera/camera.ts";

/** A place for one frame: the newest wins, the one it replaces is given back. */
export interface LatestFrame {
  put(frame: Frame): void;
  /** The newest frame, waiting for one if there is none; undefined once `close` was called. One taker at a time. */
  take(): Promise<Frame | undefined>;
  /** Gives back what waits; later frames are given back as they come. */
  close(): void;
}

/** Frames taken before `sinceMs` (CLOCK_MONOTONIC) do not count: the session had not begun. */
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
