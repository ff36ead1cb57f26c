import type { CaptureCounts, FrameSink } from "../camera/camera.ts";
import { FRAMES_OUT } from "../camera/frame-pool.ts";
import { DriverError } from "../errors.ts";
import { type JpegHeader, readJpegHeader } from "../image/jpeg-header.ts";
import { monotonicMs } from "../monotonic.ts";

/** Gives JPEGs to a sink as frames, and counts them. */
interface FrameSender {
  /**
   * JPEGs that arrived together: the newest becomes a frame, the older ones are dropped. `damaged` of the stream ended early.
   * Returns how many were undamaged.
   */
  send(jpegs: readonly Uint8Array[], damaged: number): number;
  counts(): CaptureCounts;
}

export function frameSender(sink: FrameSink): FrameSender {
  const counts = { taken: 0, givenBack: 0, lost: 0, dropped: 0, damaged: 0 };
  let sequence = 0;

  const discard = (jpeg: Uint8Array, why: "dropped" | "damaged") => {
    jpeg.fill(0);
    sequence++;
    counts[why]++;
  };
  const deliver = (jpeg: Uint8Array, { width, height }: JpegHeader) => {
    counts.taken++;
    sink.frame({
      format: "MJPG",
      width,
      height,
      strideBytes: 0,
      data: jpeg,
      sequence: sequence++,
      takenAtMs: monotonicMs(),
      giveBack() {
        jpeg.fill(0);
        counts.givenBack++;
      },
    });
  };
  return {
    send(jpegs, damaged) {
      sequence += damaged;
      counts.damaged += damaged;
      const before = counts.damaged;
      for (const [i, jpeg] of jpegs.entries()) {
        const header = headerOf(jpeg);
        const isWanted = i === jpegs.length - 1 && counts.taken - counts.givenBack < FRAMES_OUT;
        if (!header) discard(jpeg, "damaged");
        else if (isWanted) deliver(jpeg, header);
        else discard(jpeg, "dropped");
      }
      return jpegs.length - (counts.damaged - before);
    },
    counts: () => ({ ...counts }),
  };
}

/** Undefined if it is damaged: a single damaged picture does not end a stream. */
function headerOf(jpeg: Uint8Array): JpegHeader | undefined {
  try {
    return readJpegHeader(jpeg);
  } catch (error) {
    if (error instanceof DriverError && error.code === "damaged") return undefined;
    throw error;
  }
}
