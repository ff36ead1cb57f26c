import { readFile } from "node:fs/promises";
import t from "tap";
import { jpegCutter, splitJpegs } from "../../../drivers/film/mjpeg.ts";
import { decodeJpeg, encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { media } from "../../support/media.ts";

const jpegs = await Promise.all(
  ["franck_02221.jpg", "cage.jpg", "audrey.jpg"].map((name) => readFile(media.path(name))),
);

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function split(bytes: Buffer, size: number): Promise<number[]> {
  const lengths: number[] = [];
  for await (const jpeg of splitJpegs(chunked(bytes, size))) lengths.push(jpeg.length);
  return lengths;
}

t.test("JPEGs that follow each other are cut apart, however the stream is chunked", async (t) => {
  const stream = Buffer.concat(jpegs);
  for (const size of [997, 65_536, stream.length]) {
    t.same(
      await split(stream, size),
      jpegs.map(({ length }) => length),
      `chunks of ${size}`,
    );
  }
});

t.test("a thumbnail inside a header does not end a picture", async (t) => {
  const [jpeg] = jpegs;
  if (!jpeg) return;
  const thumbnail = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
  const app1 = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 2 + thumbnail.length]), thumbnail]);
  const nested = Buffer.concat([jpeg.subarray(0, 2), app1, jpeg.subarray(2)]);
  t.same(await split(nested, 4096), [nested.length]);
});

t.test("what comes before the first picture and an unfinished last one are left out", async (t) => {
  const [first, second] = jpegs;
  if (!first || !second) return;
  const stream = Buffer.concat([Buffer.from("noise"), first, second.subarray(0, -10)]);
  t.same(await split(stream, 5_000), [first.length]);
});

t.test("a picture that is cut short is counted, and those after it are cut apart", async (t) => {
  const [progressive, second, third] = jpegs;
  if (!progressive || !second || !third) return;
  // A camera's pictures have one scan.
  const first = Buffer.from(encodeJpeg(decodeJpeg(progressive, 1e6), 90));
  const scan = first.indexOf(Buffer.from([0xff, 0xda]));
  const cut = (at: number, size: number) => {
    const stream = Buffer.concat([first.subarray(0, at), second, third, second]);
    const cutter = jpegCutter(4_000_000);
    const pushed = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) =>
      cutter.push(stream.subarray(i * size, (i + 1) * size)),
    );
    return {
      lengths: pushed.flatMap(({ jpegs }) => jpegs.map(({ length }) => length)),
      damaged: pushed.reduce((sum, { damaged }) => sum + damaged, 0),
    };
  };
  const whole = [second.length, third.length, second.length];
  for (let at = scan + 20; at < first.length; at += 499) {
    t.same(cut(at, 5_000), { lengths: whole, damaged: 1 }, `in the image, after ${at} bytes`);
  }
  t.same(cut(first.length - 2, 1), { lengths: whole, damaged: 1 }, "only its end is missing");
  for (let at = 3; at < scan; at += 7) {
    t.equal(cut(at, 5_000).lengths.at(-1), second.length, `in the header, after ${at} bytes`);
  }
});

t.test("a stream whose picture never ends is stopped", async (t) => {
  async function* endless() {
    yield Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 2]);
    for (;;) yield Buffer.alloc(1_000_000);
  }
  await t.rejects(
    async () => {
      for await (const _ of splitJpegs(endless()));
    },
    { code: "damaged" },
  );
});
