import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { DriverError } from "./errors.ts";

/** A pixel format that a video node offers; `fourcc` is V4L2's name, for example "MJPG". */
export interface VideoFormat {
  readonly fourcc: string;
  readonly description: string;
  readonly sizes: readonly { readonly width: number; readonly height: number }[];
}

/** A control of a camera, as VIDIOC_QUERYCTRL tells it. */
export interface VideoControl {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** What a video node says of itself; `capabilities` are the V4L2_CAP_… bits of this node. */
export interface VideoDescription {
  readonly driver: string;
  readonly card: string;
  readonly busInfo: string;
  readonly capabilities: number;
  readonly formats: readonly VideoFormat[];
  readonly controls: readonly VideoControl[];
}

/** What a camera granted. A stride of 0 bytes means a compressed format; 0 frames a second, that it does not say. */
export interface GrantedFormat {
  readonly fourcc: string;
  readonly width: number;
  readonly height: number;
  readonly strideBytes: number;
  readonly imageBytes: number;
  readonly framesPerSecond: number;
}

/** The newest waiting frame, if there was one, and what was passed over to get to it. */
export interface TakenFrame {
  readonly taken: boolean;
  readonly bytes: number;
  readonly sequence: number;
  /** CLOCK_MONOTONIC. */
  readonly takenAtUs: number;
  readonly skipped: number;
  readonly flagged: number;
  readonly empty: number;
}

/** A GPIO chip, as its character device tells it. */
export interface ChipDescription {
  readonly name: string;
  readonly label: string;
  readonly lines: readonly { readonly offset: number; readonly name: string; readonly consumer: string }[];
}

/** An open capture inside the addon. */
export type CaptureHandle = object & { readonly __brand: "capture" };

/**
 * The addon. Every function throws an Error with `code` ("ENODEV"), `errno`, `syscall` (the ioctl) and `path`, like Node's
 * own system errors. None of them waits.
 */
export interface Addon {
  describeVideo(path: string): VideoDescription;
  setControl(path: string, id: number, value: number): void;
  openCapture(path: string): CaptureHandle;
  setFormat(handle: CaptureHandle, fourcc: string, width: number, height: number, fps: number): GrantedFormat;
  /** `onReady` is called with 0 when frames wait, and with a negative errno when the stream is over. */
  startCapture(handle: CaptureHandle, onReady: (status: number) => void): void;
  takeFrame(handle: CaptureHandle, target: Uint8Array): TakenFrame;
  /** May be called again; `onReady` is never called after it. */
  closeCapture(handle: CaptureHandle): void;
  describeChip(path: string): ChipDescription;
  /** The file descriptor of the lines requested, all off; closing it gives them back. */
  requestLines(path: string, offsets: readonly number[], activeLow: boolean): number;
  /** Bit i of `values` is the i-th line; a set bit is on. */
  setLines(lines: number, count: number, values: number): void;
  /** Tries for an exclusive flock(2) on an open file; it lasts until the descriptor is closed. */
  lockFile(descriptor: number): boolean;
  /** Takes text and constants of Node and its libraries out of this process's memory; what is used again comes again. */
  dropText(): void;
  /** Forbids core dumps of this process and of those that it starts. */
  forbidDumps(): void;
  /** Has memory overwritten as it is freed, by whatever part of this process, from now on. */
  overwriteFreed(): void;
  /** Ends the process as _exit(2) does: at once, whatever its threads are at. */
  exitNow(code: number): never;
}

const BUILT = new URL("../../drivers/native/build/Release/", import.meta.url);

/** Where the guard program is that turns a light off when its owner dies. */
export const LIGHT_GUARD = fileURLToPath(new URL("light-guard", BUILT));

/** Loads the addon. Throws DriverError `unsupported` where it was not built. */
export function loadAddon(): Addon {
  const path = fileURLToPath(new URL("matchlight.node", BUILT));
  try {
    return createRequire(import.meta.url)(path);
  } catch (cause) {
    const message = "the addon for cameras and lights is not built: run `npm run build:native`, it needs a C compiler";
    throw new DriverError("unsupported", message, { cause });
  }
}
