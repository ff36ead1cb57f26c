import { faces } from "../native/faces.ts";
import { type FacePatch, INNER } from "./face-patch.ts";

/**
 * The part of `later` that the motion, tilt, light and blur of a flat picture do not explain: a difference in lumas for each
 * pixel of INNER, in the contrast of `earlier`, blurred like a patch. Undefined if the two cannot be
 * aligned. Inverse compositional alignment (Baker and Matthews, "Lucas-Kanade 20 years on", 2004): eight terms of a homography,
 * contrast, brightness, and three of a blur in any direction, with weights against outliers (Geman and McClure), so that a closed
 * eye does not shift the rest (models/native/plane.c). Pure.
 */
export function unexplained(earlier: FacePatch, later: FacePatch): Float32Array | undefined {
  const residual = new Float32Array(INNER.width * INNER.height);
  return faces().planeResidual(earlier.lumas, later.lumas, residual) ? residual : undefined;
}
