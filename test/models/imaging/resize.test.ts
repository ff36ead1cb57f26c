import t from "tap";
import { resample } from "../../../models/imaging/resize.ts";
import { draw, GREY } from "../../support/pictures.ts";

t.test("a whole picture at its own size is itself", async (t) => {
  const picture = draw(7, 5, (x, y) => [x * 30, y * 40, 99]);
  t.same(resample(picture, { x: 0, y: 0, width: 7, height: 5 }, 7, 5), picture);
});

t.test("an even picture stays even at any size", async (t) => {
  const picture = draw(40, 30, () => GREY);
  for (const [width, height] of [
    [13, 11],
    [100, 90],
  ] as const) {
    const { data } = resample(picture, { x: 4, y: 4, width: 30, height: 20 }, width, height);
    t.ok(data.every((value) => value === 128));
  }
});

t.test("what lies outside the picture is black", async (t) => {
  const picture = draw(10, 10, () => GREY);
  const { data } = resample(picture, { x: -10, y: -10, width: 30, height: 30 }, 30, 30);
  t.equal(data[0], 0);
  t.equal(data[(15 * 30 + 15) * 3], 128);
  t.equal(data.at(-1), 0);
});

t.test("shrinking averages", async (t) => {
  const stripes = draw(64, 64, (x) => (x % 4 === 0 ? [255, 255, 255] : [0, 0, 0]));
  const whole = { x: 0, y: 0, width: 64, height: 64 };
  const smooth = resample(stripes, whole, 8, 8).data;
  t.ok(
    smooth.slice(24, -24).every((value) => value > 50 && value < 78),
    "a quarter is white",
  );
});
