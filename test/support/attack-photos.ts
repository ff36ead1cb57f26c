import { deflateSync } from "node:zlib";
import { encodeJpeg } from "../../drivers/image/jpeg.ts";
import { draw, GREY } from "./pictures.ts";

/** A photo that costs its decoder as much as possible. */
export interface AttackPhoto {
  readonly name: string;
  readonly make: () => Buffer;
  /** What the camera says of it; undefined where it may be a photo. */
  readonly detail: RegExp | undefined;
}

const small = () =>
  Buffer.from(
    encodeJpeg(
      draw(64, 64, () => GREY),
      80,
    ),
  );

const u16 = (...values: readonly number[]) => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));
const segment = (marker: number, ...body: readonly Uint8Array[]) => {
  const data = Buffer.concat(body);
  return Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);
};
const SOI = Buffer.from([0xff, 0xd8]);

/** The file's own frame header, with another size. */
function resized(jpeg: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(jpeg);
  const frame = copy.indexOf(Buffer.from([0xff, 0xc0]));
  copy.writeUInt16BE(height, frame + 5);
  copy.writeUInt16BE(width, frame + 7);
  return copy;
}

/** A parser that takes TEM for a marker with a length skips the frame header, and finds a small one in a comment. */
function hiddenSize(): Buffer {
  const large = resized(small(), 11_000, 11_000);
  const at = large.indexOf(Buffer.from([0xff, 0xc0]));
  const frame = large.subarray(at, at + 2 + large.readUInt16BE(at + 2));
  const tables = large.subarray(2, at);
  const rest = large.subarray(at + frame.length);
  const begin = Buffer.concat([SOI, Buffer.from([0xff, 0x01]), frame, tables]);
  const comment = Buffer.alloc(0xffff - 2);
  const falseFrame = small().subarray(small().indexOf(Buffer.from([0xff, 0xc0])));
  falseFrame.copy(comment, 2 + 2 + 0xffc0 - begin.length - 4, 0, 40);
  return Buffer.concat([begin, segment(0xfe, comment), rest]);
}

const QUANTISATION = segment(0xdb, Buffer.from([0]), Buffer.alloc(64, 1));
/** One code for "end of block", or of many. */
const HUFFMAN = [0x00, 0x10].map((table) =>
  segment(0xc4, Buffer.from([table, 1]), Buffer.alloc(15), Buffer.from([table ? 0xe0 : 0x00])),
);

/** A progressive JPEG in colour at full size, of so many scans without data. */
function manyScans(width: number, height: number, scans: number): Buffer {
  const components = [1, 2, 3].flatMap((id) => [id, 0x11, 0]);
  const frame = segment(0xc2, Buffer.from([8]), u16(height, width), Buffer.from([3, ...components]));
  const scan = (i: number) => segment(0xda, Buffer.from([1, 1 + (i % 3), 0, 1, 63, 0]), Buffer.alloc(0));
  const all = Array.from({ length: scans }, (_, i) => scan(i));
  return Buffer.concat([SOI, QUANTISATION, ...HUFFMAN, frame, ...all, Buffer.from([0xff, 0xd9])]);
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const chunk = (type: string, data: Uint8Array) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(type, "latin1"), data, Buffer.alloc(4)]);
};
const header = (width: number, height: number, depth = 8, colour = 2, interlace = 0) => {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data.set([depth, colour, 0, 0, interlace], 8);
  return chunk("IHDR", data);
};
const image = (bytes: number) => chunk("IDAT", deflateSync(Buffer.alloc(bytes)));
const END = chunk("IEND", Buffer.alloc(0));
const png = (...chunks: readonly Buffer[]) => Buffer.concat([SIGNATURE, ...chunks, END]);
const SMALL = 64 * (1 + 64 * 3);
/** More zeros than a photo may cost memory, compressed once. */
const bomb = deflateSync(Buffer.alloc(200_000_000));

/** EXIF says: turn it, and has a directory of 65,535 entries of which the last is the orientation, outside of it. */
function turned(jpeg: Buffer): Buffer {
  const tiff = Buffer.from("4d4d002a00000008000101120003000000010006000000000000", "hex");
  return Buffer.concat([SOI, segment(0xe1, Buffer.from("Exif\0\0"), tiff), jpeg.subarray(2)]);
}
const largest = () =>
  Buffer.from(
    encodeJpeg(
      draw(4_000, 3_000, () => GREY),
      50,
    ),
  );

export const ATTACK_PHOTOS: readonly AttackPhoto[] = [
  { name: "a JPEG that hides its size behind TEM", make: hiddenSize, detail: /damaged/ },
  { name: "a JPEG of 100,000 scans", make: () => manyScans(3_500, 3_000, 100_000), detail: /scans/ },
  { name: "a JPEG of as many scans as are taken", make: () => manyScans(3_500, 3_000, 32), detail: undefined },
  { name: "a progressive JPEG of 12 megapixels", make: () => manyScans(4_000, 3_000, 10), detail: /bytes to decode/ },
  { name: "a JPEG whose size overflows 32 bits", make: () => resized(small(), 65_535, 65_535), detail: /pixels/ },
  { name: "a JPEG of 12 megapixels on its side", make: () => turned(largest()), detail: undefined },
  { name: "a JPEG with two sizes", make: () => twice(small()), detail: /frame header/ },
  {
    name: "a PNG that inflates to more than its size",
    make: () => png(header(64, 64), chunk("IDAT", bomb)),
    detail: /larger/,
  },
  {
    name: "a PNG with two sizes",
    make: () => png(header(64, 64), header(11_000, 11_000), image(SMALL)),
    detail: /header/,
  },
  {
    name: "a PNG with a private chunk before its size",
    make: () => png(chunk("prIv", Buffer.alloc(25)), header(11_000, 11_000), image(SMALL)),
    detail: /header/,
  },
  {
    name: "a PNG with a profile that inflates",
    make: () => png(header(64, 64), chunk("iCCP", Buffer.concat([Buffer.from("a\0\0"), bomb])), image(SMALL)),
    detail: undefined,
  },
  {
    name: "a PNG of 12 megapixels with 16 bits",
    make: () => png(header(4_000, 3_000, 16, 6), image(96_003_000)),
    detail: /inflates to/,
  },
  {
    name: "a PNG as large as is taken",
    make: () => png(header(2_300, 2_300), image(2_300 * 6_901)),
    detail: undefined,
  },
  {
    name: "an interlaced PNG as large as is taken",
    make: () => png(header(990, 990, 16, 6, 1), image(7_900_000)),
    detail: undefined,
  },
];

function twice(jpeg: Buffer): Buffer {
  const at = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const frame = jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2));
  return Buffer.concat([jpeg.subarray(0, at), frame, jpeg.subarray(at)]);
}
