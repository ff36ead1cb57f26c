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

/**
 * Decodes a baseline or progressive JPEG of at most `limitPixels`, also frames of cameras without Huffman tables. Size
 * and scans are read from the header first, so that a small file cannot request much memory or time, and the decoder gets
 * memory for no more than that. The image is written into `memory` if it fits, else into new memory. Throws DriverError:
 * `unsupported` if it is too large, `damaged` if it cannot be decoded.
 */
export function decodeJpeg(bytes: Uint8Array, limitPixels: number, memory: Uint8Array = new Uint8Array(0)): RgbImage {
  const { width, height, scans } = readJpegHeader(bytes);
  if (width * height > limitPixels) {
    throw new DriverError("unsupported", `a JPEG of ${width}×${height} is more than ${limitPixels} pixels`);
  }
  if (scans > MOST_SCANS) throw new DriverError("unsupported", `a JPEG of more than ${MOST_SCANS} scans`);
  const room = width * height * 3;
  return decompress(bytes, memory.length >= room ? memory : new Uint8Array(room), width * height);
}

function decompress(bytes: Uint8Array, memory: Uint8Array, pixels: number): RgbImage {
  try {
    const read = turbo.decompressSync(bufferOf(bytes), bufferOf(memory), { format: turbo.FORMAT_RGB });
    const { width, height, data } = read;
    if (width * height === pixels) return { width, height, data };
  } catch (cause) {
    throw new DriverError("damaged", "the JPEG is damaged or cut short", { cause });
  }
  throw new DriverError("damaged", "the JPEG has another size than its header says");
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
