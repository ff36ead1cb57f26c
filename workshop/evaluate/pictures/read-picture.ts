import { readFile } from "node:fs/promises";
import { decodePhoto, type PhotoLimits } from "../../../device/inference/reference-photo.ts";
import type { Image } from "../../../models/imaging/image.ts";

/** As large as phones take. A picture here stands for a camera's frame, so a reference photo's bounds do not apply. */
const LIMITS: PhotoLimits = { pixels: 20_000_000, heldBytes: 200_000_000, inflatedBytes: 100_000_000 };

/** Reads a picture of a labelled set: JPEG or PNG, and BMP, as some sets are published. */
export async function readPicture(file: string): Promise<Image> {
  const bytes = await readFile(file);
  return bytes.toString("latin1", 0, 2) === "BM" ? decodeBmp(bytes) : decodePhoto(bytes, LIMITS);
}

/** Offsets in a BMP file with a BITMAPINFOHEADER (Microsoft, "Bitmap Storage"). */
const BMP = { pixels: 10, width: 18, height: 22, bitsPerPixel: 28, compression: 30, headerBytes: 54 } as const;

/** Decodes an uncompressed BMP of 24 or 32 bits a pixel. Throws RangeError for any other. */
export function decodeBmp(bytes: Buffer): Image {
  if (bytes.length < BMP.headerBytes) throw new RangeError("the BMP ends before its header does");
  const [width, signedHeight] = [bytes.readInt32LE(BMP.width), bytes.readInt32LE(BMP.height)];
  const height = Math.abs(signedHeight);
  const pixelBytes = bytes.readUInt16LE(BMP.bitsPerPixel) / 8;
  const start = bytes.readUInt32LE(BMP.pixels);
  const rowBytes = Math.ceil((width * pixelBytes) / 4) * 4;
  const plain = bytes.readUInt32LE(BMP.compression) === 0 && (pixelBytes === 3 || pixelBytes === 4);
  if (!plain) throw new RangeError("only BMPs of 24 or 32 bits without compression can be read");
  if (width < 1 || start + rowBytes * height > bytes.length) throw new RangeError("the BMP is damaged or cut short");
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    // Rows go from the bottom upwards unless the height is negative. The colours are blue, green, red.
    let from = start + (signedHeight < 0 ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++, from += pixelBytes, to += 3) {
      data[to] = bytes[from + 2] ?? 0;
      data[to + 1] = bytes[from + 1] ?? 0;
      data[to + 2] = bytes[from] ?? 0;
    }
  }
  return { width, height, data };
}
