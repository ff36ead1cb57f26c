import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { decodePhoto } from "../../../../device/inference/reference-photo.ts";
import { encodeJpeg } from "../../../../drivers/image/jpeg.ts";
import { decodeBmp, readPicture } from "../../../../workshop/evaluate/pictures/read-picture.ts";

/** A BMP of 2×2 pixels: red, green above blue, white; rows are padded to four bytes. */
function bmp(bitsPerPixel = 24): Buffer {
  const bytes = Buffer.alloc(54 + 16);
  bytes.write("BM");
  bytes.writeUInt32LE(54, 10);
  bytes.writeInt32LE(2, 18);
  bytes.writeInt32LE(2, 22);
  bytes.writeUInt16LE(bitsPerPixel, 28);
  bytes.set([255, 0, 0, 255, 255, 255, 0, 0, 0, 0, 255, 0, 255, 0], 54);
  return bytes;
}

t.test("a BMP is read from the bottom upwards, blue first", async (t) => {
  const file = join(t.testdir({}), "picture.bmp");
  await writeFile(file, bmp());
  const { width, height, data } = await readPicture(file);
  t.same([width, height, [...data]], [2, 2, [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]]);
});

t.test("a picture may be as large as a phone takes, and larger than a reference photo", async (t) => {
  const [width, height] = [4032, 3024];
  const jpeg = encodeJpeg({ width, height, data: new Uint8Array(width * height * 3) }, 50);
  const file = join(t.testdir({}), "phone.jpg");
  await writeFile(file, jpeg);
  t.match(await readPicture(file), { width, height });
  t.throws(() => decodePhoto(jpeg), { code: "unsupported" });
});

t.test("a BMP that is cut short, or of another kind, is refused", async (t) => {
  t.throws(() => decodeBmp(bmp().subarray(0, 60)), /cut short/);
  t.throws(() => decodeBmp(bmp().subarray(0, 20)), /header/);
  t.throws(() => decodeBmp(bmp(8)), /24 or 32 bits/);
});
