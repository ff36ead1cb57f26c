import { decode as decodePng } from "fast-png";
import { DriverError } from "../../drivers/errors.ts";
import { decodeJpeg, type RgbImage } from "../../drivers/image/jpeg.ts";
import { readOrientation, turnUpright } from "./exif-orientation.ts";

/** A photo larger than this is refused before it is decoded: no ID photo is, and memory on a camera is short. */
export const PHOTO_LIMIT_PIXELS = 12_000_000;

/**
 * Decodes a photo sent as JPEG or PNG, and turns it upright; which of the two it is, the bytes say.
 * Throws DriverError `unsupported` (neither of the two, or too large) or `damaged`.
 */
export function decodePhoto(bytes: Uint8Array, limitPixels = PHOTO_LIMIT_PIXELS): RgbImage {
  if (startsWith(bytes, [0xff, 0xd8])) return upright(decodeJpeg(bytes, limitPixels), readOrientation(bytes));
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47])) return decodePngPhoto(bytes, limitPixels);
  throw new DriverError("unsupported", "the photo is neither JPEG nor PNG");
}

/** The picture as it should be seen; as it was stored it is overwritten. */
function upright(stored: RgbImage, orientation: number): RgbImage {
  const turned = turnUpright(stored, orientation);
  if (turned !== stored) stored.data.fill(0);
  return turned;
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((value, i) => bytes[i] === value);
}

function decodePngPhoto(bytes: Uint8Array, limitPixels: number): RgbImage {
  requirePngSize(bytes, limitPixels);
  try {
    const png = decodePng(bytes);
    try {
      return toRgb(png);
    } finally {
      png.data.fill(0);
    }
  } catch (cause) {
    throw new DriverError("damaged", "the PNG is damaged or cut short", { cause });
  }
}

/** The IHDR chunk stands at a fixed place: width at byte 16, height at byte 20. */
function requirePngSize(bytes: Uint8Array, limitPixels: number): void {
  if (bytes.length < 24) throw new DriverError("damaged", "the PNG ends before its header does");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width * height > limitPixels) {
    throw new DriverError("unsupported", `a PNG of ${width}×${height} is more than ${limitPixels} pixels`);
  }
}

type Png = ReturnType<typeof decodePng>;

/** Grey, grey+alpha, RGB, RGBA, a palette; 8 or 16 bits. Alpha is left out: an ID photo shows nothing behind it. */
function toRgb({ width, height, data, channels, depth, palette }: Png): RgbImage {
  const out = new Uint8Array(width * height * 3);
  const shift = depth === 16 ? 8 : 0;
  const gain = depth < 8 && !palette ? 255 / (2 ** depth - 1) : 1;
  for (let i = 0; i < width * height; i++) {
    const first = i * channels;
    const entry = palette?.[data[first] as number];
    for (let c = 0; c < 3; c++) {
      const value = data[channels >= 3 ? first + c : first] as number;
      out[i * 3 + c] = entry ? (entry[c] as number) : (value >> shift) * gain;
    }
  }
  return { width, height, data: out };
}
