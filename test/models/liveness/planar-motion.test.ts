import t from "tap";
import { PATCH_SIZE } from "../../../models/liveness/face-patch.ts";
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

t.test("what has nothing to do with the picture cannot be brought together with it, or leaves much", async (t) => {
  const noise = { lumas: randomFloats(5, PATCH_SIZE * PATCH_SIZE).map((value) => 127 + 127 * value) };
  const left = unexplained(drawn(), noise);
  t.ok(left === undefined || largest(left) > 50);
});
