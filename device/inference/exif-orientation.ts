import type { RgbImage } from "../../drivers/image/jpeg.ts";
import { jpegSegments } from "../../drivers/image/jpeg-header.ts";

/** The EXIF value for "as stored", also used for a photo without EXIF. */
const UPRIGHT = 1;
const APP1 = 0xe1;

/** The EXIF orientation of a JPEG, 1…8: how the picture must be turned. Phones store pictures on their side. */
export function readOrientation(jpeg: Uint8Array): number {
  for (const { marker, body } of jpegSegments(jpeg)) {
    const isExif = marker === APP1 && Buffer.from(body.subarray(0, 4)).toString("latin1") === "Exif";
    if (isExif) return orientationOf(body);
  }
  return UPRIGHT;
}

/** A TIFF file begins here, after `Exif` and two zeros. */
const TIFF = 6;
const [ORIENTATION, SHORT] = [0x0112, 3];
const [LITTLE_ENDIAN, BIG_ENDIAN] = [0x4949, 0x4d4d];

/** Damaged metadata does not make the picture unusable, so it counts as no metadata. */
function orientationOf(body: Uint8Array): number {
  try {
    return readEntry(new DataView(body.buffer, body.byteOffset + TIFF, body.length - TIFF)) ?? UPRIGHT;
  } catch (error) {
    if (error instanceof RangeError) return UPRIGHT;
    throw error;
  }
}

/** TIFF 6.0: byte order, 42, the place of the first directory. A directory has a count and entries of 12 bytes. */
function readEntry(tiff: DataView): number | undefined {
  const order = tiff.getUint16(0);
  if (order !== LITTLE_ENDIAN && order !== BIG_ENDIAN) return undefined;
  const little = order === LITTLE_ENDIAN;
  const directory = tiff.getUint32(4, little);
  for (let left = tiff.getUint16(directory, little), at = directory + 2; left > 0; left--, at += 12) {
    const isOrientation = tiff.getUint16(at, little) === ORIENTATION && tiff.getUint16(at + 2, little) === SHORT;
    if (isOrientation) return tiff.getUint16(at + 8, little);
  }
  return undefined;
}

/** For each orientation: the place of the upright picture's pixel (x, y) in the stored picture of size w × h. */
const SOURCES: Readonly<Record<number, (x: number, y: number, w: number, h: number) => readonly [number, number]>> = {
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _, h) => [y, h - 1 - x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, w) => [w - 1 - y, x],
};

/** Turns and mirrors a picture as its EXIF orientation asks; unknown values leave it as it is. */
export function turnUpright(stored: RgbImage, orientation: number): RgbImage {
  const source = SOURCES[orientation];
  if (!source) return stored;
  const [width, height] = orientation >= 5 ? [stored.height, stored.width] : [stored.width, stored.height];
  const data = new Uint8Array(stored.data.length);
  const from = (x: number, y: number) => {
    const [sx, sy] = source(x, y, stored.width, stored.height);
    return (sy * stored.width + sx) * 3;
  };
  // For one row of the upright picture, the places in the stored picture have equal distances.
  const step = from(1, 0) - from(0, 0);
  for (let y = 0, at = 0; y < height; y++) {
    let read = from(0, y);
    for (let x = 0; x < width; x++, at += 3, read += step) {
      data[at] = stored.data[read] as number;
      data[at + 1] = stored.data[read + 1] as number;
      data[at + 2] = stored.data[read + 2] as number;
    }
  }
  return { width, height, data };
}
