import t from "tap";
import { encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { decodeFrame, frameDecoder, openJpeg } from "../../../drivers/image/pixels.ts";

const near = (value: number | undefined, wanted: number) => Math.abs((value ?? -999) - wanted) <= 3;

/** BT.601 limited range: what these colours are in Y, U, V. */
const RED = { y: 81, u: 90, v: 240, rgb: [255, 0, 0] };
const WHITE = { y: 235, u: 128, v: 128, rgb: [255, 255, 255] };

for (const { y, u, v, rgb } of [RED, WHITE]) {
  t.test(`YUYV and NV12 of ${rgb}, with lines longer than the picture`, async (t) => {
    const [width, height, strideBytes] = [4, 2, 12];
    const yuyv = Buffer.alloc(strideBytes * height);
    for (let line = 0; line < height; line++) {
      for (let pair = 0; pair < width / 2; pair++) yuyv.set([y, u, y, v], line * strideBytes + pair * 4);
    }
    const nv12 = Buffer.alloc(strideBytes * 3);
    for (let line = 0; line < height; line++) nv12.fill(y, line * strideBytes, line * strideBytes + width);
    for (let pair = 0; pair < width / 2; pair++) nv12.set([u, v], height * strideBytes + pair * 2);
    for (const [format, data] of [
      ["YUYV", yuyv],
      ["NV12", nv12],
    ] as const) {
      const decoded = decodeFrame({ format, width, height, strideBytes, data });
      t.equal(decoded.data.length, width * height * 3);
      t.ok(
        decoded.data.every((value, i) => near(value, rgb[i % 3] ?? 0)),
        format,
      );
    }
  });
}

t.test(
  "lumas of YUYV and NV12 are clamped, and neither colours nor the ends of lines are taken for them",
  async (t) => {
    const [width, height, strideBytes] = [4, 2, 12];
    const values = [0, 16, 235, 255];
    const yuyv = Buffer.alloc(strideBytes * height, 77);
    const nv12 = Buffer.alloc(strideBytes * 3, 77);
    for (let line = 0; line < height; line++) {
      for (const [x, value] of values.entries()) {
        yuyv.set([value, x % 2 === 0 ? 200 : 50], line * strideBytes + x * 2);
        nv12[line * strideBytes + x] = value;
      }
    }
    for (const [format, data] of [
      ["YUYV", yuyv],
      ["NV12", nv12],
    ] as const) {
      const { lumas } = frameDecoder().open({ format, width, height, strideBytes, data }).luma();
      t.same([...lumas], [0, 0, 255, 255, 0, 0, 255, 255], format);
    }
  },
);

t.test("MJPG is decoded", async (t) => {
  const data = encodeJpeg({ width: 16, height: 8, data: new Uint8Array(16 * 8 * 3).fill(90) }, 90);
  const decoded = decodeFrame({ format: "MJPG", width: 16, height: 8, strideBytes: 0, data });
  t.same([decoded.width, decoded.height], [16, 8]);
  t.ok(decoded.data.every((value) => near(value, 90)));
});

t.test("frames that are too short, broken or too large are refused", async (t) => {
  const data = new Uint8Array(10);
  const damaged = { name: "DriverError", code: "damaged" };
  for (const format of ["YUYV", "NV12"] as const) {
    t.throws(() => decodeFrame({ format, width: 64, height: 64, strideBytes: 128, data }), damaged, format);
    const huge = { format, width: 100_000, height: 100_000, strideBytes: 200_000, data };
    t.throws(() => decodeFrame(huge), { code: "unsupported" }, `${format}, huge`);
    const { luma } = frameDecoder().open({ format, width: 64, height: 64, strideBytes: 128, data });
    t.throws(luma, damaged, `${format}, lumas`);
    t.throws(frameDecoder().open(huge).luma, { code: "unsupported" }, `${format}, huge, lumas`);
  }
  t.throws(() => decodeFrame({ format: "MJPG", width: 8, height: 8, strideBytes: 0, data }), damaged, "MJPG");
  const jpeg = encodeJpeg({ width: 16, height: 8, data: new Uint8Array(16 * 8 * 3) }, 90);
  const cut = jpeg.subarray(0, 40);
  t.throws(() => decodeFrame({ format: "MJPG", width: 16, height: 8, strideBytes: 0, data: cut }), damaged, "cut");
  t.throws(openJpeg(cut, 1e6).luma, damaged, "cut, lumas");
  t.throws(openJpeg(jpeg, 100).luma, { code: "unsupported" }, "too large, lumas");
});

t.test("a decoder uses its memory again, and can overwrite it", async (t) => {
  const white = { format: "YUYV", width: 16, height: 8, strideBytes: 32, data: new Uint8Array(256).fill(128) } as const;
  const jpeg = encodeJpeg({ width: 16, height: 8, data: new Uint8Array(384).fill(200) }, 90);
  const decoder = frameDecoder();
  const first = decoder.decode(white);
  const again = decoder.decode({ format: "MJPG", width: 16, height: 8, strideBytes: 0, data: jpeg });
  t.equal(again.data.buffer, first.data.buffer, "the same memory, whatever the format");
  t.ok(again.data.every((value) => Math.abs(value - 200) < 4));
  const larger = decoder.decode({ ...white, width: 32, strideBytes: 64, data: new Uint8Array(512) });
  t.equal(larger.data.length, 32 * 8 * 3);
  t.ok(
    first.data.every((value) => value === 0),
    "memory that is left behind is overwritten",
  );
  const small = decoder.open(white).luma();
  decoder.open({ ...white, width: 32, strideBytes: 64, data: new Uint8Array(512) }).luma();
  t.ok(
    small.lumas.every((value) => value === 0),
    "that of lumas, too",
  );
  decoder.wipe();
  t.ok(larger.data.every((value) => value === 0));
});
