import { readFile } from "node:fs/promises";
import t from "tap";
import { splitJpegs } from "../../../drivers/film/mjpeg.ts";
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
