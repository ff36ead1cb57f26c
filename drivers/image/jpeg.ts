import { createRequire } from "node:module";
import { DriverError } from "../errors.ts";
import { MOST_SCANS, readJpegHeader } from "./jpeg-header.ts";

/** The package is CommonJS made at run time, so named imports do not work. */
const turbo: typeof import("@julusian/jpeg-turbo") = createRequire(import.meta.url)("@julusian/jpeg-turbo");

/** Packed 8-bit RGB, row after row: `data.length === width * height * 3`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** 8 bits of luma for each pixel, row after row: `lumas.length === width * height`. */
export interface LumaImage {
  readonly width: number;
  readonly height: number;
  readonly lumas: Uint8Array;
}

/**
 * Decodes a baseline or progressive JPEG of at most `limitPixels`, also frames of cameras without Huffman tables. Size
 * and scans are read from the header first, so that a small file cannot request much memory or time, and the decoder gets
 * memory for no more than that. The image is written into `memory` if it fits, else into new memory. Throws DriverError:
 * `unsupported` if it is too large or has four colours, `damaged` if it cannot be decoded.
 */
export function decodeJpeg(bytes: Uint8Array, limitPixels: number, memory: Uint8Array = new Uint8Array(0)): RgbImage {
  return decompress(bytes, limitPixels, memory, 3);
}

/** As `decodeJpeg`, without colours, for less than half of the instructions (ADR 36). The lumas are those in the file. */
export function decodeJpegLuma(
  bytes: Uint8Array,
  limitPixels: number,
  memory: Uint8Array = new Uint8Array(0),
): LumaImage {
  const { data: lumas, ...size } = decompress(bytes, limitPixels, memory, 1);
  return { ...size, lumas };
}

const FORMATS = { 1: turbo.FORMAT_GRAY, 3: turbo.FORMAT_RGB };

function decompress(bytes: Uint8Array, limitPixels: number, memory: Uint8Array, channels: 1 | 3): RgbImage {
  const pixels = pixelsOf(bytes, limitPixels);
  const room = memory.length >= pixels * channels ? memory : new Uint8Array(pixels * channels);
  try {
    const read = turbo.decompressSync(bufferOf(bytes), bufferOf(room), { format: FORMATS[channels] });
    const { width, height, data } = read;
    if (width * height === pixels) return { width, height, data };
  } catch (cause) {
    if (room !== memory) room.fill(0);
    throw new DriverError("damaged", "the JPEG is damaged or cut short", { cause });
  }
  if (room !== memory) room.fill(0);
  throw new DriverError("damaged", "the JPEG has another size than its header says");
}

/** The pixels of a JPEG that can be decoded and is small enough. */
function pixelsOf(bytes: Uint8Array, limitPixels: number): number {
  const { width, height, components, scans } = readJpegHeader(bytes);
  if (width * height > limitPixels) {
    throw new DriverError("unsupported", `a JPEG of ${width}×${height} is more than ${limitPixels} pixels`);
  }
  if (components > 3) throw new DriverError("unsupported", "a JPEG of four colours (CMYK); save it as RGB");
  if (scans > MOST_SCANS) throw new DriverError("unsupported", `a JPEG of more than ${MOST_SCANS} scans`);
  return width * height;
}

/** The same memory as the Buffer that the package asks for. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Encodes an image as JPEG with 4:2:0 chroma. `quality` is 1…100. */
export function encodeJpeg({ width, height, data }: RgbImage, quality: number): Uint8Array {
  return turbo.compressSync(bufferOf(data), {
    width,
    height,
    quality,
    format: turbo.FORMAT_RGB,
    subsampling: turbo.SAMP_420,
  });
}
