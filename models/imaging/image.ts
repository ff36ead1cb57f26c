import { faces } from "../native/faces.ts";

/**
 * A decoded image: packed 8-bit RGB, row after row, without padding. `data.length === width * height * 3`. The origin
 * is the top left corner.
 */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The size of a picture. */
export type Extent = Pick<Image, "width" | "height">;

/** The lumas of an image: 8 bits a pixel, row after row. `lumas.length === width * height`. */
export interface LumaImage {
  readonly width: number;
  readonly height: number;
  readonly lumas: Uint8Array;
}

/**
 * A picture whose colours or lumas are decoded when they are asked for. Motion needs lumas only, and colours are more than half of
 * the cost of decoding.
 */
export interface Picture {
  colour(): Image;
  luma(): LumaImage;
}

/** A position in an image, in pixels. It may be outside the image. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle in pixels. It may extend beyond the image; the part outside is black. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The ITU-R BT.601 luma of one RGB pixel, 0…255. */
export function luma(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** Writes the lumas of all pixels, 0…255, into `lumas`. */
export function lumasOf({ data, width, height }: Image, lumas = newLumas(width, height)): Float32Array {
  faces().lumasOf(data, width, height, lumas);
  return lumas;
}

const newLumas = (width: number, height: number): Float32Array => new Float32Array(width * height);

/** The mirror image. */
export function mirror({ width, height, data }: Image): Image {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      out.set(data.subarray(from, from + 3), (y * width + width - 1 - x) * 3);
    }
  }
  return { width, height, data: out };
}
