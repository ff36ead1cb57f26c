import readExif from "exif-reader";
import { jpegSegments, type RgbImage } from "../../drivers/image/jpeg.ts";

/** The EXIF value for "as stored"; what a photo without EXIF has. */
const UPRIGHT = 1;
const APP1 = 0xe1;

/** How a JPEG must be turned to stand upright: EXIF's Orientation, 1…8. Phones store pictures lying on their side. */
export function readOrientation(jpeg: Uint8Array): number {
  for (const { marker, body } of jpegSegments(jpeg)) {
    const isExif = marker === APP1 && Buffer.from(body.subarray(0, 4)).toString("latin1") === "Exif";
    if (isExif) return orientationOf(body);
  }
  return UPRIGHT;
}

/** Damaged metadata says nothing about the picture beside it, so it counts as none. */
function orientationOf(body: Uint8Array): number {
  // The reader wants a Buffer of its own; metadata may hold a thumbnail of the face.
  const copy = Buffer.from(body);
  try {
    return readExif(copy).Image?.Orientation ?? UPRIGHT;
  } catch {
    return UPRIGHT;
  } finally {
    copy.fill(0);
  }
}

/** For each orientation: where the pixel (x, y) of the upright picture lies in the stored one of size w × h. */
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
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const [sx, sy] = source(x, y, stored.width, stored.height);
      const from = (sy * stored.width + sx) * 3;
      data.set(stored.data.subarray(from, from + 3), at);
    }
  }
  return { width, height, data };
}
