import t from "tap";
import { type Canvas, crop, type Shrinking } from "../../../models/imaging/crop.ts";
import type { Box, Image } from "../../../models/imaging/image.ts";
import { resample } from "../../../models/imaging/resize.ts";
import { randomOf } from "../../../workshop/quantise/inputs/random.ts";
import { draw, GREY } from "../../support/pictures.ts";

/** A canvas on which something else was drawn before. */
function used(width: number, height: number): Canvas {
  return { width, height, data: new Uint8Array(width * height * 3).fill(77) };
}

function cropped(picture: Image, region: Box, width: number, height: number, shrinking: Shrinking): Uint8Array {
  const canvas = used(width, height);
  crop(picture, region, canvas, shrinking);
  return canvas.data;
}

function deviation(values: Uint8Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

const BOTH = ["spread", "nearest"] as const;

t.test("a whole picture at its own size is itself", async (t) => {
  const picture = draw(7, 5, (x, y) => [x * 30, y * 40, 99]);
  for (const how of BOTH) t.same(cropped(picture, { x: 0, y: 0, width: 7, height: 5 }, 7, 5, how), picture.data);
});

t.test("an even picture stays even at any size and place inside", async (t) => {
  const picture = draw(400, 300, () => GREY);
  for (const how of BOTH) {
    for (const [width, height] of [
      [13, 11],
      [100, 90],
      [500, 600],
    ] as const) {
      const data = cropped(picture, { x: 40.3, y: 39.9, width: 300, height: 200 }, width, height, how);
      t.ok(data.every((value) => value === 128));
    }
  }
});

t.test("what lies outside the picture is black, whatever was on the canvas", async (t) => {
  for (const size of [10, 100]) {
    const picture = draw(size, size, () => GREY);
    const around = { x: -size, y: -size, width: 3 * size, height: 3 * size };
    const data = cropped(picture, around, 30, 30, "spread");
    t.equal(data[0], 0);
    t.equal(data[(15 * 30 + 15) * 3], 128);
    t.equal(data.at(-1), 0);
    t.ok(cropped(picture, { x: 500, y: 0, width: 60, height: 60 }, 9, 9, "spread").every((value) => value === 0));
  }
});

t.test("any region of any small picture can be cropped", async (t) => {
  const random = randomOf(11);
  for (let i = 0; i < 500; i++) {
    const picture = draw(1 + Math.floor(random() * 9), 1 + Math.floor(random() * 9), () => GREY);
    const [x, y] = [random() * 40 - 20, random() * 40 - 20];
    const data = cropped(picture, { x, y, width: 0.1 + random() * 40, height: 0.1 + random() * 40 }, 4, 3, "spread");
    if (!data.every((value) => value === 0 || value === 128))
      t.fail(`${picture.width}×${picture.height} at ${x}, ${y}`);
  }
});

t.test("spread samples average noise, and come close to the finest scaling", async (t) => {
  const random = randomOf(3);
  const noise = draw(200, 200, () => [random() * 255, random() * 255, random() * 255]);
  const whole = { x: 0, y: 0, width: 200, height: 200 };
  const spread = deviation(cropped(noise, whole, 51, 51, "spread"));
  const nearest = deviation(cropped(noise, whole, 51, 51, "nearest"));
  t.ok(spread < 0.85 * nearest, `noise of ${spread.toFixed(1)} against ${nearest.toFixed(1)}`);
  const waves = draw(300, 300, (x, y) => [128 + 100 * Math.sin(x / 9), 128 + 100 * Math.sin(y / 7), 50]);
  const part = { x: 31.7, y: 18.2, width: 210, height: 190 };
  const fine = resample(waves, part, 40, 40).data;
  const off = cropped(waves, part, 40, 40, "spread").map((value, i) => Math.abs(value - (fine[i] as number)));
  const mean = off.reduce((sum, value) => sum + value, 0) / off.length;
  t.ok(mean < 4, `${mean.toFixed(2)} of 255 away`);
});
