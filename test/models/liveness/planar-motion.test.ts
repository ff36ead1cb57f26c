import t from "tap";
import { INNER, PATCH_SIZE } from "../../../models/liveness/face-patch.ts";
import { unexplained } from "../../../models/liveness/planar-motion.ts";
import { randomFloats } from "../../../workshop/quantise/inputs/random.ts";

/** A smooth picture, drawn `right` and `down` pixels away, in another light. */
function drawn(right = 0, down = 0, contrast = 1, brightness = 0) {
  const lumas = Float32Array.from({ length: PATCH_SIZE * PATCH_SIZE }, (_, i) => {
    const [x, y] = [(i % PATCH_SIZE) - right, Math.floor(i / PATCH_SIZE) - down];
    return brightness + contrast * (120 + 50 * Math.sin(x / 3) * Math.cos(y / 4) + 20 * Math.sin((x + y) / 5));
  });
  return { lumas };
}

const largest = (values: Float32Array | undefined) =>
  values?.reduce((most, value) => Math.max(most, Math.abs(value)), 0) ?? Number.NaN;

t.test("moving a picture and changing its light explains all of it, a spot is what is left", async (t) => {
  const face = drawn();
  t.ok(largest(unexplained(face, drawn())) < 0.2);
  t.ok(largest(unexplained(face, drawn(1.2, -0.7, 0.9, 12))) < 0.2);
  const spotted = drawn();
  spotted.lumas.fill(250, 30 * PATCH_SIZE + 24, 30 * PATCH_SIZE + 27);
  t.ok(largest(unexplained(face, spotted)) > 50);
});

t.test("a picture that is only blurred is explained by its blur", async (t) => {
  const sharp = drawn();
  const blurred = {
    lumas: sharp.lumas.map((value, i) => {
      const at = (by: number) => sharp.lumas[i + by] ?? value;
      return value + (at(1) + at(-1) + at(PATCH_SIZE) + at(-PATCH_SIZE) - 4 * value) / 8;
    }),
  };
  t.ok(largest(unexplained(sharp, blurred)) < 0.2, `${largest(unexplained(sharp, blurred))}`);
});

/** The same smooth picture, each pixel from another place. */
function mapped(from: (x: number, y: number) => readonly [number, number]) {
  const lumas = Float32Array.from({ length: PATCH_SIZE ** 2 }, (_, i) => {
    const [x, y] = from(i % PATCH_SIZE, Math.floor(i / PATCH_SIZE));
    return 120 + 50 * Math.sin(x / 3) * Math.cos(y / 4) + 20 * Math.sin((x + y) / 5);
  });
  return { lumas };
}

t.test("a picture that is tilted away is explained by its perspective", async (t) => {
  const tilted = mapped((x, y) => {
    const [u, v] = [(x - 28) / 19, (y - 33.5) / 19];
    const far = 1 + 0.02 * u - 0.03 * v;
    return [28 + (19 * u) / far, 33.5 + (19 * v) / far];
  });
  // Without the right perspective 18 are left.
  t.ok(largest(unexplained(drawn(), tilted)) < 3, `${largest(unexplained(drawn(), tilted))}`);
});

t.test("a picture that is blurred askew is explained, too", async (t) => {
  const [sharp, once, twice] = [drawn(), drawn(0.7, 0.7), drawn(-0.7, -0.7)];
  const askew = {
    lumas: sharp.lumas.map((value, i) => (2 * value + (once.lumas[i] ?? 0) + (twice.lumas[i] ?? 0)) / 4),
  };
  t.ok(largest(unexplained(sharp, askew)) < 0.2, `${largest(unexplained(sharp, askew))}`);
});

t.test("a large change in one place does not shift the rest, and a small one is blurred", async (t) => {
  const changed = drawn(0.8, 0.5);
  for (let y = 22; y < 26; y++) changed.lumas.fill(60, y * PATCH_SIZE + 14, y * PATCH_SIZE + 22);
  const left = unexplained(drawn(), changed) ?? new Float32Array();
  // Far below the change; without weights 16 are left there.
  const below = left.slice(24 * INNER.width);
  t.ok(largest(below) < 12, `${largest(below)}`);
  const dotted = drawn();
  const [x, y] = [28, 34];
  dotted.lumas[y * PATCH_SIZE + x] = 250;
  const spread = unexplained(drawn(), dotted) ?? new Float32Array();
  const at = (y - INNER.top) * INNER.width + (x - INNER.left);
  const share = (spread[at + 1] ?? 0) / (spread[at] ?? 1);
  t.ok(share > 0.55 && share < 0.75, `4 of 6: ${share}`);
});

t.test("what has nothing to do with the picture cannot be brought together with it, or leaves much", async (t) => {
  const noise = { lumas: randomFloats(5, PATCH_SIZE * PATCH_SIZE).map((value) => 127 + 127 * value) };
  const left = unexplained(drawn(), noise);
  t.ok(left === undefined || largest(left) > 50);
});
