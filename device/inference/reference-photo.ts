import { decode as decodePng } from "fast-png";
import { DriverError } from "../../drivers/errors.ts";
import { decodeJpeg, type RgbImage } from "../../drivers/image/jpeg.ts";
import { readJpegHeader } from "../../drivers/image/jpeg-header.ts";
import { readOrientation, turnUpright } from "./exif-orientation.ts";
import { filterPng } from "./png-filter.ts";

/** The limits of a photo, which are checked before it is decoded. */
export interface PhotoLimits {
  readonly pixels: number;
  /** The memory that decoding a JPEG may need: pixels, and coefficients if there are several scans. */
  readonly heldBytes: number;
  /** What a PNG inflates to. The decoder holds about five times as much. */
  readonly inflatedBytes: number;
}

/** No ID photo has more pixels, no photograph of 1.5 MB inflates to as much, and a camera has little memory. */
const PHOTO_LIMITS: PhotoLimits = { pixels: 12_000_000, heldBytes: 100_000_000, inflatedBytes: 16_000_000 };

/**
 * Decodes a JPEG or PNG and turns it upright. The bytes tell the format. Throws DriverError `unsupported` (another format, or
 * too large) or `damaged`.
 */
export function decodePhoto(bytes: Uint8Array, limits = PHOTO_LIMITS): RgbImage {
  if (startsWith(bytes, [0xff, 0xd8])) return decodeJpegPhoto(bytes, limits);
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47])) return decodePngPhoto(bytes, limits);
  throw new DriverError("unsupported", "the photo is neither JPEG nor PNG");
}

function decodeJpegPhoto(bytes: Uint8Array, { pixels, heldBytes }: PhotoLimits): RgbImage {
  const { width, height, coefficientBytes } = readJpegHeader(bytes);
  const held = width * height * 3 + coefficientBytes;
  if (width * height <= pixels && held > heldBytes) {
    throw new DriverError("unsupported", `a JPEG that takes ${held} bytes to decode, more than ${heldBytes}`);
  }
  return upright(decodeJpeg(bytes, pixels), readOrientation(bytes));
}

/** The upright picture. Overwrites the stored one. */
function upright(stored: RgbImage, orientation: number): RgbImage {
  const turned = turnUpright(stored, orientation);
  if (turned !== stored) stored.data.fill(0);
  return turned;
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((value, i) => bytes[i] === value);
}

function decodePngPhoto(bytes: Uint8Array, { pixels, inflatedBytes }: PhotoLimits): RgbImage {
  const file = filterPng(bytes, { pixels, bytes: inflatedBytes });
  try {
    const png = decodePng(file);
    try {
      return toRgb(png);
    } finally {
      png.data.fill(0);
    }
  } catch (cause) {
    throw new DriverError("damaged", "the PNG is damaged or cut short", { cause });
  } finally {
    file.fill(0);
  }
}

type Png = ReturnType<typeof decodePng>;

/** Converts grey, grey+alpha, RGB, RGBA or a palette. Alpha is ignored: nothing is behind an ID photo. */
function toRgb(png: Png): RgbImage {
  return png.depth < 8 ? packedToRgb(png) : bytesToRgb(png);
}

function bytesToRgb({ width, height, data, channels, depth, palette }: Png): RgbImage {
  const out = new Uint8Array(width * height * 3);
  const shift = depth === 16 ? 8 : 0;
  // A PNG of RGB may have a palette too. It is for displays with few colours.
  const colours = channels === 1 ? palette : undefined;
  for (let i = 0; i < width * height; i++) {
    const first = i * channels;
    const entry = colours?.[data[first] as number];
    for (let c = 0; c < 3; c++) {
      const value = data[channels >= 3 ? first + c : first] as number;
      out[i * 3 + c] = entry ? (entry[c] as number) : value >> shift;
    }
  }
  return { width, height, data: out };
}

/**
 * Converts grey or a palette of 1, 2 or 4 bits. The decoder leaves the pixels packed: a row begins with a byte, and the first
 * pixel is in its highest bits.
 */
function packedToRgb({ width, height, data, depth, palette }: Png): RgbImage {
  const out = new Uint8Array(width * height * 3);
  const [rowBytes, most] = [Math.ceil((width * depth) / 8), 2 ** depth - 1];
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const value = ((data[y * rowBytes + (bit >> 3)] as number) >> (8 - depth - (bit & 7))) & most;
      const entry = palette?.[value];
      for (let c = 0; c < 3; c++) out[to++] = entry ? (entry[c] as number) : (value * 255) / most;
    }
  }
  return { width, height, data: out };
}
