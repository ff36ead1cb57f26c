import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { DriverError } from "./errors.ts";

/** A pixel format that a video node offers; `fourcc` is V4L2's name, for example "MJPG". */
interface VideoFormat {
  readonly fourcc: string;
  readonly sizes: readonly { readonly width: number; readonly height: number }[];
}

/** A control of a camera, from VIDIOC_QUERYCTRL. */
export interface VideoControl {
  readonly id: number;
  readonly name: string;
}

/** The description of a video node. `capabilities` are its V4L2_CAP_… bits. */
export interface VideoDescription {
  readonly card: string;
  readonly busInfo: string;
  readonly capabilities: number;
  readonly formats: readonly VideoFormat[];
  readonly controls: readonly VideoControl[];
}

/** The format that the camera accepted. A stride of 0 means compressed; 0 frames per second means unknown. */
export interface GrantedFormat {
  readonly fourcc: string;
  readonly width: number;
  readonly height: number;
  readonly strideBytes: number;
  readonly imageBytes: number;
  readonly framesPerSecond: number;
}

/** The newest frame, if there is one, and how many older frames were skipped. */
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

/** A GPIO chip, from its character device. */
export interface ChipDescription {
  readonly label: string;
  readonly lines: readonly { readonly offset: number; readonly name: string; readonly consumer: string }[];
}

/** An open capture inside the addon. */
export type CaptureHandle = object & { readonly __brand: "capture" };

/**
 * The addon for devices. Each function throws an Error with `code` ("ENODEV"), `errno`, `syscall` (the ioctl) and `path`, like
 * Node's system errors. None of them waits.
 */
export interface Addon {
  describeVideo(path: string): VideoDescription;
  setControl(path: string, id: number, value: number): void;
  openCapture(path: string): CaptureHandle;
  setFormat(handle: CaptureHandle, fourcc: string, width: number, height: number, fps: number): GrantedFormat;
  /** `onReady` gets 0 when frames are ready, and a negative errno when the stream has ended. */
  startCapture(handle: CaptureHandle, onReady: (status: number) => void): void;
  takeFrame(handle: CaptureHandle, target: Uint8Array): TakenFrame;
  /** Can be called twice. `onReady` is not called afterwards. */
  closeCapture(handle: CaptureHandle): void;
  describeChip(path: string): ChipDescription;
  /** Requests lines, all off. Returns a file descriptor; closing it releases the lines. */
  requestLines(path: string, offsets: readonly number[], activeLow: boolean): number;
  /** Bit i of `values` is the i-th line; a set bit is on. */
  setLines(lines: number, count: number, values: number): void;
  /** Tries to take an exclusive flock(2) on an open file. It lasts until the descriptor is closed. */
  lockFile(descriptor: number): boolean;
  /** Disables core dumps of this process and its children. */
  forbidDumps(): void;
  /** Makes the C library overwrite memory when it is freed. */
  overwriteFreed(): void;
  /** Ends the process with _exit(2): at once, without waiting for threads. */
  exitNow(code: number): never;
}

const BUILT = new URL("../../drivers/native/build/Release/", import.meta.url);

/** The path of the guard program, which turns the light off when its owner dies. */
export const LIGHT_GUARD = fileURLToPath(new URL("light-guard", BUILT));

/** Loads the addon. Throws DriverError `unsupported` if it was not built. */
export function loadAddon(): Addon {
  const path = fileURLToPath(new URL("matchlight.node", BUILT));
  try {
    return createRequire(import.meta.url)(path);
  } catch (cause) {
    const message = "the addon for cameras and lights is not built: run `npm run build:native`, it needs a C compiler";
    throw new DriverError("unsupported", message, { cause });
  }
}
