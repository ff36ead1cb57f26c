import type { DriverError } from "../errors.ts";

/** The V4L2 names (fourcc) of the pixel formats that this product reads. */
export type PixelFormat = "MJPG" | "YUYV" | "NV12";

/**
 * A frame of the camera. It belongs to its receiver until `giveBack`, which must be called exactly once and overwrites
 * the pixels, so that no face stays in memory.
 */
export interface Frame {
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  /** Bytes from one row to the next; 0 for a compressed format. */
  readonly strideBytes: number;
  readonly data: Uint8Array;
  /** Counts from 0 for each opening. A gap means lost frames. */
  readonly sequence: number;
  /** The time of the frame on CLOCK_MONOTONIC; compare it with `monotonicMs()`. */
  readonly takenAtMs: number;
  giveBack(): void;
}

/** The receiver of frames. Its functions must not throw or wait, because the camera does not wait. */
export interface FrameSink {
  frame(frame: Frame): void;
  /** The stream has ended. Called at most once for each opening, never after the capture was closed. */
  failed(error: DriverError): void;
}

/** Counts of the frames of one opening. */
export interface CaptureCounts {
  /** Given to the receiver, and returned. They are equal when no frame is held. */
  readonly taken: number;
  readonly givenBack: number;
  /** Lost before they arrived: gaps in the sequence numbers. */
  readonly lost: number;
  /** Arrived, but a newer frame was there or too many frames were held. */
  readonly dropped: number;
  /** Arrived, but marked as wrong by the driver, or empty. */
  readonly damaged: number;
}

/** A running camera. After disposal the sink is not called any more and the camera is off. */
export interface Capture extends AsyncDisposable {
  /** The format in words: "/dev/video0 MJPG 1280×720, 30 frames/s". */
  readonly about: string;
  counts(): CaptureCounts;
}

/**
 * A camera. It is closed until `open`. Promises: each opening delivers frames that were taken after it, in order;
 * `sequence` and `takenAtMs` never go back. The camera never waits for its receiver. It can be opened again after it
 * was closed or has failed. While it is open, a second `open` throws DriverError `busy`. `open` throws DriverError
 * `gone`, `busy`, `denied`, `unsupported` or `failed`, and then holds nothing. `check` throws the same as `open`, as
 * far as this is known without starting the camera.
 */
export interface Camera {
  /** The name in messages: "film /data/film.mp4". */
  readonly name: string;
  check(): Promise<void>;
  open(sink: FrameSink): Promise<Capture>;
}
