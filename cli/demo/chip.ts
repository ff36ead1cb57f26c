import { readFile } from "node:fs/promises";
import { decodePhoto } from "../../device/inference/reference-photo.ts";
import { encodeJpeg } from "../../drivers/image/jpeg.ts";
import type { Image } from "../../models/imaging/image.ts";
import { resample } from "../../models/imaging/resize.ts";

/** The size of the photo on the chip of a second-generation ID card. */
export const CHIP_SIZE = { width: 102, height: 126 } as const;

/** A photo as on the chip of an ID card: the centre cut to 102:126, reduced to 102×126 and strongly compressed. */
export async function chipPhoto(file: string): Promise<Uint8Array> {
  return chipImage(decodePhoto(await readFile(file)));
}

/** Makes such a photo from a picture in memory. Returns a JPEG. */
export function chipImage(image: Image): Uint8Array {
  const scale = Math.min(image.width / CHIP_SIZE.width, image.height / CHIP_SIZE.height);
  const [width, height] = [CHIP_SIZE.width * scale, CHIP_SIZE.height * scale];
  const region = { x: (image.width - width) / 2, y: (image.height - height) / 2, width, height };
  return encodeJpeg(resample(image, region, CHIP_SIZE.width, CHIP_SIZE.height), 70);
}
