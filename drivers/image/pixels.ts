import type { Frame } from "../camera/camera.ts";
import { DriverError } from "../errors.ts";
import { decodeJpeg, decodeJpegLuma, type LumaImage, type RgbImage } from "./jpeg.ts";
import { placingOf, type QuarterTurn, turnImage, turnLumas } from "./quarter-turn.ts";

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

/** A frame that is decoded as far as it is looked at. */
export interface FramePicture {
  colour(): RgbImage;
  luma(): LumaImage;
}

/** A JPEG of at most `limitPixels`, which is decoded when it is looked at; as `decodeJpeg`. */
export function openJpeg(bytes: Uint8Array, limitPixels: number): FramePicture {
  return once(
    () => decodeJpeg(bytes, limitPixels),
    () => decodeJpegLuma(bytes, limitPixels),
  );
}

function once(decode: () => RgbImage, decodeLuma: () => LumaImage): FramePicture {
  let [colour, luma]: [RgbImage?, LumaImage?] = [];
  return {
    colour: () => (colour ??= decode()),
    luma: () => (luma ??= decodeLuma()),
  };
}

/** Decodes frames into the same memory. An image is valid until the next one is decoded. */
export interface FrameDecoder {
  /**
   * A frame whose colours or lumas are decoded, at most once each, when they are asked for; until then `frame.data` must not
   * change. Both have memory of their own and are valid until the next frame is decoded. They throw as decodeFrame does.
   */
  open(frame: RawFrame, turn?: QuarterTurn): FramePicture;
  /** As decodeFrame, turned. */
  decode(frame: RawFrame, turn?: QuarterTurn): RgbImage;
  /** Turns the last image to try how it looks; valid until the next image is turned or decoded. */
  turned(image: RgbImage, turn: QuarterTurn): RgbImage;
  /** Overwrites the last images. */
  wipe(): void;
}

export function frameDecoder(): FrameDecoder {
  const [decoded, turned, lumas, turnedLumas] = [imageMemory(), imageMemory(), imageMemory(), imageMemory()];
  const decode = (frame: RawFrame, turn: QuarterTurn = 0) => {
    if (frame.format !== "MJPG") return kept(decoded, decodeRaw(frame, turn, decoded.memory()));
    const image = kept(decoded, decodeFrame(frame, decoded.memory()));
    return turn === 0 ? image : kept(turned, turnImage(image, turn, turned.memory()));
  };
  const decodeLuma = (frame: RawFrame, turn: QuarterTurn) => {
    if (frame.format !== "MJPG") return keptLumas(lumas, decodeRawLuma(frame, turn, lumas.memory()));
    const image = keptLumas(lumas, decodeJpegLuma(frame.data, FRAME_LIMIT_PIXELS, lumas.memory()));
    return turn === 0 ? image : keptLumas(turnedLumas, turnLumas(image, turn, turnedLumas.memory()));
  };
  return {
    open: (frame, turn = 0) =>
      once(
        () => decode(frame, turn),
        () => decodeLuma(frame, turn),
      ),
    decode,
    turned: (image, turn) => kept(otherThan(image), turnImage(image, turn, otherThan(image).memory())),
    wipe() {
      for (const memory of [decoded, turned, lumas, turnedLumas]) memory.wipe();
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
  /** Takes over the pixels of an image, which may lie in new memory, because they did not fit. */
  keep(pixels: Uint8Array): void;
  wipe(): void;
}

function imageMemory(): ImageMemory {
  let memory = NO_MEMORY;
  return {
    memory: () => memory,
    keep(pixels) {
      if (pixels.buffer === memory.buffer) return;
      memory.fill(0);
      memory = pixels;
    },
    wipe: () => void memory.fill(0),
  };
}

function kept(memory: ImageMemory, image: RgbImage): RgbImage {
  memory.keep(image.data);
  return image;
}

function keptLumas(memory: ImageMemory, image: LumaImage): LumaImage {
  memory.keep(image.lumas);
  return image;
}

function room(memory: Uint8Array, bytes: number): Uint8ClampedArray {
  if (memory.length < bytes) return new Uint8ClampedArray(bytes);
  return new Uint8ClampedArray(memory.buffer, memory.byteOffset, bytes);
}

/** Two pixels in four bytes: Y0 U Y1 V. */
function decodeYuyv(frame: RawFrame, turn: QuarterTurn, memory: Uint8Array): RgbImage {
  const { width, height, strideBytes, data } = frame;
  requireBytes(data, yuyvBytes(frame), width, height);
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
function decodeNv12(frame: RawFrame, turn: QuarterTurn, memory: Uint8Array): RgbImage {
  const { width, height, strideBytes, data } = frame;
  const chroma = strideBytes * height;
  requireBytes(data, nv12Bytes(frame), width, height);
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

/** The lumas of a frame that is not compressed, in full range. */
function decodeRawLuma(frame: RawFrame, turn: QuarterTurn, memory: Uint8Array): LumaImage {
  const { width, height, strideBytes, data } = frame;
  const isYuyv = frame.format === "YUYV";
  requireBytes(data, isYuyv ? yuyvBytes(frame) : nv12Bytes(frame), width, height);
  const out = room(memory, width * height);
  const { origin, right, down, ...size } = placingOf(width, height, turn);
  for (let y = 0; y < height; y++) {
    let at = origin + y * down;
    let from = y * strideBytes;
    for (let x = 0; x < width; x++, at += right, from += isYuyv ? 2 : 1) out[at] = lightOf(data[from] as number);
  }
  return { ...size, lumas: asBytes(out) };
}

function yuyvBytes({ width, height, strideBytes }: RawFrame): number {
  return strideBytes * (height - 1) + width * 2;
}

function nv12Bytes({ width, height, strideBytes }: RawFrame): number {
  return strideBytes * (height + (height >> 1) - 1) + width;
}

/** A luma of limited range (16…235) in full range. */
const lightOf = (y: number): number => 1.164383 * (y - 16);

/** ITU-R BT.601 with limited range (luma 16…235), what UVC cameras send unless they say otherwise. */
function writeRgb(out: Uint8ClampedArray, at: number, y: number, u: number, v: number): void {
  const light = lightOf(y);
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
