import t from "tap";
import { encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { frameDecoder, type RawFrame } from "../../../drivers/image/pixels.ts";
import { QUARTER_TURNS, turnImage, turnLumas } from "../../../drivers/image/quarter-turn.ts";

/** Two rows of three pixels, each of its own grey. */
const PICTURE = {
  width: 3,
  height: 2,
  data: Uint8Array.from([1, 2, 3, 4, 5, 6].flatMap((grey) => [grey, grey, grey])),
};
const TURNED = { 0: [1, 2, 3, 4, 5, 6], 90: [4, 1, 5, 2, 6, 3], 180: [6, 5, 4, 3, 2, 1], 270: [3, 6, 2, 5, 1, 4] };
const NEW = new Uint8Array(0);
const bytes = ({ data }: { readonly data: Uint8Array }) => Buffer.from(data);
const greys = (data: Uint8Array) => [...data].filter((_, i) => i % 3 === 0);

t.test("pictures are turned clockwise", async (t) => {
  for (const degrees of QUARTER_TURNS) {
    const { width, height, data } = turnImage(PICTURE, degrees, NEW);
    t.same([width, height], degrees % 180 === 0 ? [3, 2] : [2, 3], `${degrees}: size`);
    t.same(greys(data), TURNED[degrees], `${degrees}: pixels`);
    const lumas = turnLumas({ width: 3, height: 2, lumas: Uint8Array.of(1, 2, 3, 4, 5, 6) }, degrees, NEW);
    t.same([lumas.width, lumas.height, ...lumas.lumas], [width, height, ...TURNED[degrees]], `${degrees}: lumas`);
  }
});

/** A ramp of light to the right and down, in each format of a camera. */
function frames(width: number, height: number): readonly RawFrame[] {
  const light = (x: number, y: number) => 40 + x * 8 + y * 16;
  const yuyv = new Uint8Array(width * height * 2).fill(128);
  const nv12 = new Uint8Array(width * height * 1.5).fill(128);
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      yuyv[(y * width + x) * 2] = light(x, y);
      nv12[y * width + x] = light(x, y);
      rgb.fill((light(x, y) - 16) * 1.164, (y * width + x) * 3, (y * width + x) * 3 + 3);
    }
  }
  const jpeg = encodeJpeg({ width, height, data: rgb }, 100);
  return [
    { format: "YUYV", width, height, strideBytes: width * 2, data: yuyv },
    { format: "NV12", width, height, strideBytes: width, data: nv12 },
    { format: "MJPG", width, height, strideBytes: 0, data: jpeg },
  ];
}

t.test("frames of each format are turned as pictures are, also when they are tried in between", async (t) => {
  for (const frame of frames(8, 6)) {
    const decoder = frameDecoder();
    const { data, ...size } = frameDecoder().decode(frame);
    const upright = { ...size, data: Uint8Array.from(data) };
    const wanted = QUARTER_TURNS.map((degrees) => turnImage(upright, degrees, NEW));
    for (const [i, degrees] of QUARTER_TURNS.entries()) {
      const seen = decoder.decode(frame, degrees);
      const [now, then] = [bytes(seen), wanted[i] ?? PICTURE];
      t.same(now, bytes(then), `${frame.format} ${degrees}`);
      t.same(bytes(decoder.turned(seen, 90)), bytes(turnImage(then, 90, NEW)), "tried");
      t.same(bytes(seen), now, "and the picture is still there");
    }
    const last = decoder.decode(frame, 90);
    decoder.wipe();
    t.ok(
      last.data.every((value) => value === 0),
      "nothing is left of the last picture",
    );
  }
});

t.test("lumas are decoded and turned as colours are", async (t) => {
  for (const frame of frames(8, 6)) {
    const decoder = frameDecoder();
    for (const degrees of QUARTER_TURNS) {
      const picture = decoder.open(frame, degrees);
      const { lumas, ...size } = picture.luma();
      const { data, ...turned } = picture.colour();
      t.same(size, turned, `${frame.format} ${degrees}: size`);
      const furthest = Math.max(...greys(data).map((grey, i) => Math.abs(grey - (lumas[i] ?? 0))));
      t.ok(furthest <= 2, `${frame.format} ${degrees}: ${furthest}`);
      t.equal(picture.luma().lumas, lumas, "once");
      t.equal(picture.colour().data, data, "once");
    }
    const { lumas } = decoder.open(frame, 90).luma();
    decoder.wipe();
    t.ok(
      lumas.every((value) => value === 0),
      "nothing is left of the last lumas",
    );
  }
});
