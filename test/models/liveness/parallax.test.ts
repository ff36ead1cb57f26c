import t from "tap";
import type { Landmarks } from "../../../models/detection/landmarks.ts";
import { noseParallax } from "../../../models/liveness/parallax.ts";

/** A face of 68 points, the eyes 100 apart, all in one plane but the nose. */
const FACE: Landmarks = Array.from({ length: 68 }, (_, i) => {
  if (i >= 36 && i < 48) return { x: (i < 42 ? -50 : 50) + ((i % 6) - 2.5) * 6, y: i % 2 === 0 ? -4 : 4 };
  if (i === 48 || i === 54) return { x: i === 48 ? -35 : 35, y: 110 };
  return { x: 0, y: 60 };
});
const NOSE = new Set([30, 31, 33, 35]);

const mapped = (to: (x: number, y: number) => readonly [number, number], nose = 0): Landmarks =>
  FACE.map(({ x, y }, i) => {
    const [u, v] = to(x, y);
    return { x: u + (NOSE.has(i) ? nose : 0), y: v };
  });

t.test("moving, turning, shearing and squeezing a flat picture is no parallax", async (t) => {
  t.ok(
    Math.abs(
      noseParallax(
        FACE,
        mapped((x, y) => [0.8 * x + 0.1 * y + 30, 0.1 * x + 1.1 * y - 12]),
      ),
    ) < 1e-6,
  );
});

t.test("a nose that moves against the plane of eyes and mouth is, in eye distances, with its side", async (t) => {
  t.ok(
    Math.abs(
      noseParallax(
        FACE,
        mapped((x, y) => [x, y], 9),
      ) - 0.09,
    ) < 1e-6,
  );
  t.ok(
    Math.abs(
      noseParallax(
        FACE,
        mapped((x, y) => [2 * x, 2 * y], -18),
      ) + 0.09,
    ) < 1e-6,
  );
});

t.test("points that lie on one line tell nothing", async (t) => {
  t.equal(
    noseParallax(
      FACE,
      FACE.map(() => ({ x: 1, y: 1 })),
    ),
    0 * 1,
  );
});

t.test("a head that nods moves the nose down, and not sideways", async (t) => {
  const nodded = FACE.map(({ x, y }, i) => ({ x, y: y + (NOSE.has(i) ? 9 : 0) }));
  t.ok(Math.abs(noseParallax(FACE, nodded, "down") - 0.09) < 1e-6);
  t.ok(Math.abs(noseParallax(FACE, nodded)) < 1e-6);
});
