import { readFile } from "node:fs/promises";
import { encode } from "fast-png";
import t from "tap";
import { turnUpright } from "../../../device/inference/exif-orientation.ts";
import { decodePhoto } from "../../../device/inference/reference-photo.ts";
import { encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { media } from "../../support/media.ts";
import { draw } from "../../support/pictures.ts";

const picture = draw(6, 4, (x, y) => [x * 40, y * 60, 7]);

t.test("JPEG and PNG, told apart by their bytes", async (t) => {
  const jpeg = decodePhoto(await readFile(media.path("franck_02221.jpg")));
  t.same([jpeg.width, jpeg.height], [720, 576]);
  t.same(decodePhoto(encode({ width: 6, height: 4, data: picture.data, channels: 3 })), picture);
});

t.test("grey PNGs and PNGs with alpha become RGB", async (t) => {
  const grey = encode({ width: 2, height: 1, data: Uint8Array.of(10, 200), channels: 1 });
  t.same([...decodePhoto(grey).data], [10, 10, 10, 200, 200, 200]);
  const alpha = encode({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3, 0), channels: 4 });
  t.same([...decodePhoto(alpha).data], [1, 2, 3]);
  const deep = encode({ width: 1, height: 1, data: Uint16Array.of(0x1234, 0x5678, 0x9abc), channels: 3, depth: 16 });
  t.same([...decodePhoto(deep).data], [0x12, 0x56, 0x9a]);
});

t.test("a photo that lies on its side by its EXIF is turned upright", async (t) => {
  const jpeg = Buffer.from(
    encodeJpeg(
      draw(32, 16, (x) => (x < 16 ? [250, 0, 0] : [0, 0, 250])),
      95,
    ),
  );
  const tiff = Buffer.from("4d4d002a00000008000101120003000000010006000000000000", "hex");
  const body = Buffer.concat([Buffer.from("Exif\0\0"), tiff]);
  const app1 = Buffer.concat([Buffer.from([0xff, 0xe1, 0, body.length + 2]), body]);
  const turned = decodePhoto(Buffer.concat([jpeg.subarray(0, 2), app1, jpeg.subarray(2)]));
  t.same([turned.width, turned.height], [16, 32]);
  t.ok((turned.data[0] ?? 0) > 200, "what was left is now above");
});

t.test("each orientation turned by its opposite is the picture again", async (t) => {
  for (const [there, back] of [
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 5],
    [6, 8],
    [7, 7],
    [8, 6],
  ] as const) {
    t.same(turnUpright(turnUpright(picture, there), back), picture, `${there} and ${back}`);
  }
  t.same(turnUpright(picture, 42), picture, "an unknown value changes nothing");
});

t.test("what is no photo, or too large, is refused before it is decoded", async (t) => {
  const error = (code: string) => ({ name: "DriverError", code });
  t.throws(() => decodePhoto(Buffer.from("hello")), error("unsupported"));
  t.throws(() => decodePhoto(new Uint8Array(0)), error("unsupported"));
  t.throws(() => decodePhoto(Buffer.from([0xff, 0xd8, 0xff])), error("damaged"));
  t.throws(() => decodePhoto(Buffer.from([0x89, 0x50, 0x4e, 0x47])), error("damaged"));
  const jpeg = Buffer.from(encodeJpeg(picture, 90));
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(7_072, frame + 5);
  jpeg.writeUInt16BE(7_072, frame + 7);
  t.throws(() => decodePhoto(jpeg), error("unsupported"), "50 megapixels in a small JPEG");
  const png = Buffer.from(encode({ width: 6, height: 4, data: picture.data, channels: 3 }));
  png.writeUInt32BE(7_072, 16);
  png.writeUInt32BE(7_072, 20);
  t.throws(() => decodePhoto(png), error("unsupported"), "50 megapixels in a small PNG");
});
