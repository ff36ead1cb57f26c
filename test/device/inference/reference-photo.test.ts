import { readFile } from "node:fs/promises";
import { deflateSync } from "node:zlib";
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

/** A PNG of samples of less than 8 bits. The encoder of the package makes none. */
function packedPng(
  depth: number,
  rows: readonly (readonly number[])[],
  { colourType = 0, palette = [0], interlaced = 0 } = {},
) {
  const chunk = (type: string, body: Uint8Array) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length);
    head.write(type, 4, "latin1");
    return Buffer.concat([head, body, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(rows[0]?.length ?? 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([depth, colourType, 0, 0, interlaced], 8);
  const pack = (row: readonly number[]) => {
    const bits = row.map((value) => value.toString(2).padStart(depth, "0")).join("");
    return [0, ...(bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2))];
  };
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    ...(palette.length > 1 ? [chunk("PLTE", Uint8Array.from(palette))] : []),
    chunk("IDAT", deflateSync(Uint8Array.from(rows.flatMap(pack)))),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

t.test("PNGs of 1, 2 or 4 bits a pixel are unpacked, row by row", async (t) => {
  for (const depth of [1, 2, 4]) {
    const most = 2 ** depth - 1;
    // Five pixels do not fill the bytes of a row.
    const rows = [
      [0, most, 0, most, most],
      [most, 0, 1, 0, 0],
    ];
    const grey = rows.flat().map((value) => (value * 255) / most);
    t.same(
      [...decodePhoto(packedPng(depth, rows)).data],
      grey.flatMap((value) => [value, value, value]),
      `grey ${depth}`,
    );
    const palette = Array.from({ length: 2 ** depth }, (_, i) => [i, 100 + i, 200 + i]);
    const photo = decodePhoto(packedPng(depth, rows, { colourType: 3, palette: palette.flat() }));
    t.same(
      [...photo.data],
      rows.flat().flatMap((value) => palette[value] ?? []),
      `palette ${depth}`,
    );
  }
});

t.test("the palette that a PNG of RGB suggests is not its colours", async (t) => {
  const png = packedPng(8, [[10, 20, 30]], { colourType: 2, palette: Array.from({ length: 768 }, () => 99) });
  png.writeUInt32BE(1, 16);
  t.same([...decodePhoto(png).data], [10, 20, 30]);
});

t.test("packed PNGs that the decoder would read wrongly are refused", async (t) => {
  const rows = [[0, 1, 2, 3]];
  t.throws(() => decodePhoto(packedPng(2, rows, { interlaced: 1 })), { code: "unsupported", message: /interlac/ });
  t.throws(() => decodePhoto(packedPng(2, rows, { colourType: 2 })), { code: "damaged" });
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
