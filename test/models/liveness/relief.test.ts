import t from "tap";
import { type FacePatch, PATCH_SIZE } from "../../../models/liveness/face-patch.ts";
import { noseRelief } from "../../../models/liveness/relief.ts";

/** A smooth pattern as it looks where each pixel comes from another place. */
function patch(from: (x: number, y: number) => readonly [number, number]): FacePatch {
  const lumas = Float32Array.from({ length: PATCH_SIZE ** 2 }, (_, i) => {
    const [x, y] = from(i % PATCH_SIZE, Math.floor(i / PATCH_SIZE));
    return 120 + 40 * Math.sin(x / 3.1) * Math.cos(y / 4.3) + 25 * Math.sin((x + 2 * y) / 5.7);
  });
  return { lumas };
}

const FACE = patch((x, y) => [x, y]);

t.test("a sheet that is moved and bent has no relief", async (t) => {
  t.ok((noseRelief(FACE, FACE) ?? 1) < 5e-3);
  const bent = patch((x, y) => [x + 0.8 + 0.0015 * (x - 28) ** 2, y - 0.5 + 0.001 * (x - 28) * (y - 33)]);
  t.ok((noseRelief(FACE, bent) ?? 1) < 0.04, `${noseRelief(FACE, bent)}`);
});

t.test("nor has one that is bent so far that its edges turn away", async (t) => {
  const bent = patch((x, y) => [x + 0.8 + 0.002 * (x - 28) ** 2 + 0.0003 * (x - 28) ** 3, y]);
  t.ok((noseRelief(FACE, bent) ?? 1) < 0.04, `${noseRelief(FACE, bent)}`);
});

t.test("a nose that moves against the rest has", async (t) => {
  const nose = patch((x, y) => [x + 2 * Math.exp(-((x - 28) ** 2 + (y - 34) ** 2) / 50), y]);
  t.ok((noseRelief(FACE, nose) ?? 0) > 0.12, `${noseRelief(FACE, nose)}`);
});

t.test("two faces that cannot be brought together tell nothing", async (t) => {
  t.equal(noseRelief({ lumas: new Float32Array(PATCH_SIZE ** 2).fill(Number.NaN) }, FACE), undefined);
});
