import { readFile } from "node:fs/promises";
import { decodePhoto } from "../../device/inference/reference-photo.ts";
import { type Image, lumasOf, type Picture } from "../../models/imaging/image.ts";

type Colour = readonly [red: number, green: number, blue: number];

/** A picture drawn by a function of its pixels. */
export function draw(width: number, height: number, colour: (x: number, y: number) => Colour): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * 3);
  }
  return { width, height, data };
}

export const GREY: Colour = [128, 128, 128];

/** A picture with `share` of its light. */
export function darkened({ width, height, data }: Image, share: number): Image {
  return { width, height, data: data.map((value) => Math.round(value * share)) };
}

/** A picture from a JPEG or PNG file. */
export async function readPicture(path: string): Promise<Image> {
  return decodePhoto(await readFile(path));
}

/** A picture that is decoded already. */
export function pictureOf(image: Image): Picture {
  const { width, height } = image;
  return {
    colour: () => image,
    luma: () => ({ width, height, lumas: Uint8Array.from(lumasOf(image), Math.round) }),
  };
}
