import t from "tap";
import { INNER, PATCH_SIZE } from "../../../models/liveness/face-patch.ts";
import { faces } from "../../../models/native/faces.ts";
import { randomFloats } from "../../../workshop/quantise/inputs/random.ts";

const patch = (seed: number) => randomFloats(seed, PATCH_SIZE ** 2).map((value) => 127 + 100 * value);
const residual = () => new Float32Array(INNER.width * INNER.height);
const picture = [new Uint8Array(8 * 6 * 3), 8, 6] as const;
const canvas = [new Uint8Array(4 * 4 * 3), 4, 4] as const;
const face = new Uint8Array(112 * 112 * 3);

t.test("an array that is too short, or not of its kind, is refused before anything is written", async (t) => {
  const wrong = { name: "TypeError" };
  const [earlier, later] = [patch(1), patch(2)];
  t.throws(() => faces().planeResidual(earlier.subarray(1), later, residual()), wrong);
  t.throws(() => faces().planeResidual(earlier, later, residual().subarray(1)), wrong);
  t.throws(() => faces().bendResidual(earlier, later.subarray(1), residual()), wrong);
  t.throws(() => Reflect.apply(faces().bendResidual, undefined, [earlier, new Uint8Array(PATCH_SIZE ** 2)]), wrong);
  t.throws(() => Reflect.apply(faces().planeResidual, undefined, []), wrong);
  const short = [new Uint8Array(8 * 6 * 3 - 1), 8, 6] as const;
  t.throws(() => faces().cropColour(...short, 0, 0, 8, 6, true, ...canvas), wrong);
  t.throws(() => faces().cropColour(...picture, 0, 0, 8, 6, true, new Uint8Array(47), 4, 4), wrong);
  t.throws(() => faces().cropLuma(new Uint8Array(47), 8, 6, 0, 0, 8, 6, true, ...canvas), wrong);
  t.throws(() => faces().alignColour(...short, 1, 0, 0, 0, face), wrong);
  t.throws(() => faces().alignColour(...picture, 1, 0, 0, 0, face.subarray(1)), wrong);
  t.throws(() => faces().alignLuma(...picture, 1, 0, 0, 0, new Float32Array(112 * 112 - 1)), wrong);
  t.throws(() => Reflect.apply(faces().cropColour, undefined, [...picture, 0, 0, 8, "6", true, ...canvas]), wrong);
  t.throws(() => Reflect.apply(faces().cropColour, undefined, [...picture, 0, 0, 8, 6, "spread", ...canvas]), wrong);
  t.ok(canvas[0].every((value) => value === 0) && face.every((value) => value === 0));
});

t.test("a side that no picture or canvas has is refused", async (t) => {
  const [data] = picture;
  for (const side of [0, -1, 65_536, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => faces().alignColour(data, side, 6, 1, 0, 0, 0, face), { name: "RangeError" }, `${side}`);
    t.throws(() => faces().cropColour(...picture, 0, 0, 8, 6, true, data, 4, side), { name: "RangeError" }, `${side}`);
  }
  t.throws(() => faces().cropColour(...picture, 0, 0, 8, 6, true, data, 2_049, 1), { name: "RangeError" });
});

t.test("a place that is no number, or far away, is outside the picture, which is black", async (t) => {
  const white = [new Uint8Array(8 * 6 * 3).fill(255), 8, 6] as const;
  for (const far of [Number.NaN, 1e300, -1e300, Number.POSITIVE_INFINITY]) {
    face.fill(7);
    faces().alignColour(...white, 1, 0, far, 0, face);
    t.ok(
      face.every((value) => value === 0),
      `${far}`,
    );
    canvas[0].fill(7);
    faces().cropColour(...white, far, 0, 8, 6, true, ...canvas);
    t.ok(
      canvas[0].every((value) => value === 0),
      `${far}`,
    );
  }
});

t.test("lumas that are no numbers leave no alignment, and nothing in the residual", async (t) => {
  const [broken, left] = [patch(1).fill(Number.NaN), residual()];
  t.equal(faces().planeResidual(broken, patch(2), left), false);
  t.ok(left.every((value) => value === 0));
  t.equal(faces().bendResidual(broken, patch(2), left), undefined);
  faces().planeResidual(patch(1), broken, left);
  faces().bendResidual(patch(1), broken, left);
});
