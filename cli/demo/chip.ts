import { readFile } from "node:fs/promises";
import { decodePhoto } from "../../device/inference/reference-photo.ts";
import { encodeJpeg } from "../../drivers/image/jpeg.ts";
import type { Image } from "../../models/imaging/image.ts";
import { resample } from "../../models/imaging/resize.ts";

/** What the chip of a second-generation ID card holds. */
export const CHIP_SIZE = { width: 102, height: 126 } as const;

/** A photo as an ID card's chip would give it: its middle cut to 102:126, shrunk to 102×126 and compressed hard. */
export async function chipPhoto(file: string): Promise<Uint8Array> {
  return chipPicture(decodePhoto(await readFile(file)));
}

/** The same, of a picture in memory; gives a JPEG. */
export function chipPicture(picture: Image): Uint8Array {
  const scale = Math.min(picture.width / CHIP_SIZE.width, picture.height / CHIP_SIZE.height);
  const [width, height] = [CHIP_SIZE.width * scale, CHIP_SIZE.height * scale];
  const region = { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
  return encodeJpeg(resample(picture, region, CHIP_SIZE.width, CHIP_SIZE.height), 70);
}
