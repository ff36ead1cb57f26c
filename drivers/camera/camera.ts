import type { DriverError } from "../errors.ts";

/** V4L2's names (fourcc) of the pixel formats this product reads. */
export type PixelFormat = "MJPG" | "YUYV" | "NV12";

/**
 * One frame as the camera gave it. It belongs to whoever received it until `giveBack`, which must be called exactly
 * once and overwrites the pixels: a face is not left lying in memory.
 */
export interface Frame {
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  /** Bytes from one line to the next; 0 for a compressed format. */
  readonly strideBytes: number;
  readonly data: Uint8Array;
  /** Counts up from 0 for each opening; a gap means that frames were lost. */
  readonly sequence: number;
  /** When the frame was taken, on CLOCK_MONOTONIC: compare it with `monotonicMs()`. */
  readonly takenAtMs: number;
  giveBack(): void;
}

/** Where a camera delivers. Neither function may throw or wait: a camera does not stand still for its reader. */
export interface FrameSink {
  frame(frame: Frame): void;
  /** No frame will follow. Called at most once for each opening, never after the capture was closed. */
  failed(error: DriverError): void;
}

/** What became of the frames of one opening. */
export interface CaptureCounts {
  /** Handed out, and given back; equal when nothing is held. */
  readonly taken: number;
  readonly givenBack: number;
  /** Never arrived here: gaps in the numbers of the frames that did. */
  readonly lost: number;
  /** Arrived, but a newer one was there already, or too many were held. */
  readonly dropped: number;
  /** Arrived, but flagged as wrong by the driver, or empty. */
  readonly damaged: number;
}

/** A camera that is delivering. Once disposal is done, the sink is not called any more and the camera looks no more. */
export interface Capture extends AsyncDisposable {
  /** What was agreed on, in a line for people: "/dev/video0 MJPG 1280×720, 30 frames/s". */
  readonly about: string;
  counts(): CaptureCounts;
}

/**
 * A camera. It is closed until `open`, and looks at nobody while it is closed.
 *
 * Promises: every opening delivers frames taken after it, in the order in which they were taken, `sequence` and
 * `takenAtMs` never going back. It never waits for its reader. It can be opened again after it was closed or has
 * failed; while it is open, a second `open` is refused with DriverError `busy`. `open` throws DriverError `gone`,
 * `busy`, `denied`, `unsupported` or `failed` and then holds nothing. `check` throws what `open` would, as far as it can
 * be known without looking: it wakes no camera.
 */
export interface Camera {
  /** What to call it in front of people: "film /data/film.mp4". */
  readonly name: string;
  check(): Promise<void>;
  open(sink: FrameSink): Promise<Capture>;
}
