import { createRequire } from "node:module";
import { DriverError } from "../errors.ts";

/** The package is CommonJS made at run time, so named imports do not work. */
const turbo: typeof import("@julusian/jpeg-turbo") = createRequire(import.meta.url)("@julusian/jpeg-turbo");

/** Packed 8-bit RGB, row after row: `data.length === width * height * 3`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Decodes a baseline or progressive JPEG of at most `limitPixels`, also frames of cameras without Huffman tables. The
 * size is read from the header first, so that a small file cannot request much memory. The image is written into
 * `memory` if it fits, else into new memory. Throws DriverError: `unsupported` if it is too large, `damaged` if it
 * cannot be decoded.
 */
export function decodeJpeg(bytes: Uint8Array, limitPixels: number, memory: Uint8Array = new Uint8Array(0)): RgbImage {
  const size = readJpegSize(bytes);
  if (size.width * size.height > limitPixels) {
    throw new DriverError("unsupported", `a JPEG of ${size.width}×${size.height} is more than ${limitPixels} pixels`);
  }
  return decompress(bytes, memory.length >= size.width * size.height * 3 ? memory : undefined);
}

function decompress(bytes: Uint8Array, memory: Uint8Array | undefined): RgbImage {
  try {
    const how = { format: turbo.FORMAT_RGB };
    const read = memory
      ? turbo.decompressSync(bufferOf(bytes), bufferOf(memory), how)
      : turbo.decompressSync(bufferOf(bytes), how);
    const { width, height, data } = read;
    return { width, height, data };
  } catch (cause) {
    throw new DriverError("damaged", "the JPEG is damaged or cut short", { cause });
  }
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

/** A marker segment of a JPEG header. `body` follows the length field. */
export interface JpegSegment {
  readonly marker: number;
  readonly body: Uint8Array;
}

const SOI = 0xd8;
const SOS = 0xda;
const FILL = 0xff;

/** Yields the segments before the image data. Ends without an error if the file is no JPEG or is truncated. */
export function* jpegSegments(bytes: Uint8Array): Generator<JpegSegment> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes[0] === 0xff && bytes[1] === SOI ? 2 : bytes.length; at + 4 <= bytes.length; ) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff || marker === SOS) return;
    if (marker === FILL) {
      at += 1;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    yield { marker, body: bytes.subarray(at + 4, end) };
    at = end;
  }
}

/** Reads width and height from a JPEG's frame header. Throws DriverError `damaged` when there is none. */
export function readJpegSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  for (const { marker, body } of jpegSegments(bytes)) {
    if (!isFrameHeader(marker) || body.length < 5) continue;
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    return { height: view.getUint16(1), width: view.getUint16(3) };
  }
  throw new DriverError("damaged", "this is not a JPEG, or its header is damaged");
}

/** SOF0…SOF15 without the three markers in between that mean something else (DHT, JPG, DAC). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
