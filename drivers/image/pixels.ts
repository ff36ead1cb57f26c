import type { Frame } from "../camera/camera.ts";
import { DriverError } from "../errors.ts";
import { decodeJpeg, type RgbImage } from "./jpeg.ts";
import { placingOf, type QuarterTurn, turnImage } from "./quarter-turn.ts";

/** No supported camera has more than 4K. A larger frame is damaged or hostile. */
const FRAME_LIMIT_PIXELS = 3840 * 2160;

/** The fields of a frame that decoding needs. */
export type RawFrame = Pick<Frame, "format" | "width" | "height" | "strideBytes" | "data">;

/**
 * Decodes a frame to packed RGB, into `memory` if it fits, else into new memory. Throws DriverError: `damaged` (too
 * short for its size, broken JPEG) or `unsupported` (more pixels than FRAME_LIMIT_PIXELS).
 */
export function decodeFrame(frame: RawFrame, memory = NO_MEMORY): RgbImage {
  return frame.format === "MJPG" ? decodeJpeg(frame.data, FRAME_LIMIT_PIXELS, memory) : decodeRaw(frame, 0, memory);
}

/** Pixels that are converted one by one are written where the turn puts them: it costs nothing. */
function decodeRaw(frame: RawFrame, turn: QuarterTurn, memory: Uint8Array): RgbImage {
  return frame.format === "YUYV" ? decodeYuyv(frame, turn, memory) : decodeNv12(frame, turn, memory);
}

const NO_MEMORY: Uint8Array = new Uint8Array(0);

/** Decodes frames into the same memory. An image is valid until the next one is decoded. */
export interface FrameDecoder {
  /** As decodeFrame, turned. */
  decode(frame: RawFrame, turn?: QuarterTurn): RgbImage;
  /** Turns the last image to try how it looks; valid until the next image is turned or decoded. */
  turned(image: RgbImage, turn: QuarterTurn): RgbImage;
  /** Overwrites the last images. */
  wipe(): void;
}

export function frameDecoder(): FrameDecoder {
  const [decoded, turned] = [imageMemory(), imageMemory()];
  return {
    decode(frame, turn = 0) {
      if (frame.format !== "MJPG") return decoded.keep(decodeRaw(frame, turn, decoded.memory()));
      const image = decoded.keep(decodeFrame(frame, decoded.memory()));
      return turn === 0 ? image : turned.keep(turnImage(image, turn, turned.memory()));
    },
    turned: (image, turn) => otherThan(image).keep(turnImage(image, turn, otherThan(image).memory())),
    wipe() {
      decoded.wipe();
      turned.wipe();
    },
  };
  /** Whichever memory does not hold the image. */
  function otherThan({ data }: RgbImage) {
    return data.buffer === turned.memory().buffer ? decoded : turned;
  }
}

/** Memory for one image, used again for the next. */
interface ImageMemory {
  memory(): Uint8Array;
  /** An image that may lie in new memory, because it did not fit. */
  keep(image: RgbImage): RgbImage;
  wipe(): void;
}

function imageMemory(): ImageMemory {
  let memory = NO_MEMORY;
  return {
    memory: () => memory,
    keep(image) {
      if (image.data.buffer === memory.buffer) return image;
      memory.fill(0);
      memory = image.data;
      return image;
    },
    wipe: () => void memory.fill(0),
  };
}

function room(memory: Uint8Array, bytes: number): Uint8ClampedArray {
  if (memory.length < bytes) return new Uint8ClampedArray(bytes);
  return new Uint8ClampedArray(memory.buffer, memory.byteOffset, bytes);
}

/** Two pixels in four bytes: Y0 U Y1 V. */
function decodeYuyv({ width, height, strideBytes, data }: RawFrame, turn: QuarterTurn, memory: Uint8Array): RgbImage {
  requireBytes(data, strideBytes * (height - 1) + width * 2, width, height);
  const out = room(memory, width * height * 3);
  const { origin, right, down, ...size } = placingOf(width, height, turn);
  for (let y = 0; y < height; y++) {
    let at = (origin + y * down) * 3;
    for (let x = 0; x < width; x++, at += right * 3) {
      const pair = y * strideBytes + (x >> 1) * 4;
      writeRgb(out, at, data[pair + (x & 1) * 2] as number, data[pair + 1] as number, data[pair + 3] as number);
    }
  }
  return { ...size, data: asBytes(out) };
}

/** The luma plane, then U and V interleaved at half the size in both directions. */
function decodeNv12({ width, height, strideBytes, data }: RawFrame, turn: QuarterTurn, memory: Uint8Array): RgbImage {
  const chroma = strideBytes * height;
  requireBytes(data, chroma + strideBytes * ((height >> 1) - 1) + width, width, height);
  const out = room(memory, width * height * 3);
  const { origin, right, down, ...size } = placingOf(width, height, turn);
  for (let y = 0; y < height; y++) {
    let at = (origin + y * down) * 3;
    for (let x = 0; x < width; x++, at += right * 3) {
      const uv = chroma + (y >> 1) * strideBytes + (x & ~1);
      writeRgb(out, at, data[y * strideBytes + x] as number, data[uv] as number, data[uv + 1] as number);
    }
  }
  return { ...size, data: asBytes(out) };
}

/** ITU-R BT.601 with limited range (luma 16…235), what UVC cameras send unless they say otherwise. */
function writeRgb(out: Uint8ClampedArray, at: number, y: number, u: number, v: number): void {
  const light = 1.164383 * (y - 16);
  out[at] = light + 1.596027 * (v - 128);
  out[at + 1] = light - 0.391762 * (u - 128) - 0.812968 * (v - 128);
  out[at + 2] = light + 2.017232 * (u - 128);
}

function requireBytes(data: Uint8Array, bytes: number, width: number, height: number): void {
  if (width * height > FRAME_LIMIT_PIXELS) {
    throw new DriverError("unsupported", `a frame of ${width}×${height} is more than ${FRAME_LIMIT_PIXELS} pixels`);
  }
  if (data.length >= bytes && width % 2 === 0 && height % 2 === 0) return;
  throw new DriverError("damaged", `a frame of ${width}×${height} came with ${data.length} of ${bytes} bytes`);
}

function asBytes(clamped: Uint8ClampedArray): Uint8Array {
  return new Uint8Array(clamped.buffer, clamped.byteOffset, clamped.byteLength);
}
