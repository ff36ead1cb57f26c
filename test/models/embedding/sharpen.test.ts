import t from "tap";
import { newSharpener } from "../../../models/embedding/sharpen.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { randomFloats } from "../../../workshop/quantise/inputs/random.ts";

const [WIDTH, HEIGHT] = [16, 11];

function draw(value: (x: number, y: number, channel: number) => number): Image {
  const data = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) =>
    value(Math.floor(i / 3) % WIDTH, Math.floor(i / (3 * WIDTH)), i % 3),
  );
  return { width: WIDTH, height: HEIGHT, data };
}

/** The same by its definition: every pixel's 25 neighbours, weighed by the products of the binomials. */
function byDefinition({ data }: Image, amount: number): readonly number[] {
  const weights = [1, 4, 6, 4, 1];
  const inside = (at: number, size: number) => Math.min(size - 1, Math.max(0, at));
  return Array.from(data, (value, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % WIDTH, Math.floor(i / (3 * WIDTH)), i % 3];
    let sum = 0;
    for (const [down, a] of weights.entries()) {
      for (const [right, b] of weights.entries()) {
        const at = (inside(y + down - 2, HEIGHT) * WIDTH + inside(x + right - 2, WIDTH)) * 3 + channel;
        sum += a * b * (data[at] as number);
      }
    }
    return Math.min(255, Math.max(0, value + amount * (value - sum / 256)));
  });
}

t.test("noise is sharpened as unsharp masking is defined, edges and corners too", async (t) => {
  const noise = randomFloats(7, WIDTH * HEIGHT * 3);
  const picture = draw((x, y, channel) => ((noise[(y * WIDTH + x) * 3 + channel] ?? 0) + 1) * 127);
  for (const amount of [0.7, 2.5]) {
    const sharper = newSharpener(WIDTH, HEIGHT, amount).sharpen(picture);
    const wanted = byDefinition(picture, amount);
    const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (sharper.data[i] ?? Number.NaN))));
    // Half a step of rounding, and what rounding the amount to 256ths makes of a difference of 255.
    t.ok(worst <= 1, `differs by ${worst}`);
  }
});

t.test("an even picture stays as it is, and so does any with an amount of 0", async (t) => {
  const even = draw((_x, _y, channel) => 60 + 90 * channel);
  t.same(newSharpener(WIDTH, HEIGHT, 0.7).sharpen(even).data, even.data);
  const step = draw((x) => (x < WIDTH / 2 ? 40 : 200));
  t.equal(newSharpener(WIDTH, HEIGHT, 0).sharpen(step), step);
});

t.test("the picture itself is left alone, and wiping leaves nothing of it", async (t) => {
  const step = draw((x) => (x < WIDTH / 2 ? 40 : 200));
  const before = Uint8Array.from(step.data);
  const sharpener = newSharpener(WIDTH, HEIGHT, 0.7);
  const sharper = sharpener.sharpen(step);
  t.same(step.data, before);
  t.ok((sharper.data[(WIDTH / 2) * 3] ?? 0) > 200, "the bright side of an edge becomes brighter");
  sharpener.wipe();
  t.ok(sharper.data.every((value) => value === 0));
});
