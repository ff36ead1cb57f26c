import { faces } from "../native/faces.ts";
import { contrastOf, type FacePatch, INNER } from "./face-patch.ts";

/** The place of the nose in INNER. */
const NOSE = { left: 13, right: 26, top: 12, bottom: 28 };

/**
 * The part of the nose in `later` that bent paper does not explain, in standard deviations of the face's lumas. A sheet that
 * is turned, moved and bent moves by a smooth map, for which three powers are enough. A real nose has depth and does not
 * follow this map. Undefined if the two cannot be aligned. Gauss-Newton steps with the weights of Geman and McClure
 * (models/native/bend.c). Pure.
 */
export function noseRelief(earlier: FacePatch, later: FacePatch): number | undefined {
  const residual = new Float32Array(INNER.width * INNER.height);
  const contrast = faces().bendResidual(earlier.lumas, later.lumas, residual);
  const relief = contrast === undefined ? undefined : ofNose(residual, contrast, contrastOf(earlier).deviation);
  residual.fill(0);
  return relief;
}

function ofNose(residual: Float32Array, contrast: number, deviation: number): number {
  const { left, top, right, bottom } = NOSE;
  return Math.sqrt(faces().meanSquare(residual, left, top, right, bottom)) / (contrast * deviation);
}
