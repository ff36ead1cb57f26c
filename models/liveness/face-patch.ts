import { faces } from "../native/faces.ts";

/** A face in half the embedder's resolution, luma only. It is slightly blurred, which reduces the noise of the camera. */
export interface FacePatch {
  /** PATCH_SIZE × PATCH_SIZE lumas, 0…255. */
  readonly lumas: Float32Array;
}

export const PATCH_SIZE = 56;

/**
 * The compared part of a patch: from the brows to below the mouth, without hair and background. models/native/faces.h has the same
 * numbers.
 */
export const INNER = { left: 9, top: 14, width: 38, height: 39 } as const;

/**
 * The patch of an aligned face (112×112 lumas): each luma is the mean of four, blurred with the five weights 1 4 6 4 1 (Burt and
 * Adelson) in both directions (models/native/patch.c). Who keeps the patch must overwrite it. Pure.
 */
export function toPatch(lumas: Float32Array): FacePatch {
  const patch = new Float32Array(PATCH_SIZE * PATCH_SIZE);
  faces().patch(lumas, patch);
  return { lumas: patch };
}

/** How much the lumas of a patch vary inside INNER, and how fine the detail is. Blur reduces the detail. */
export interface Contrast {
  readonly deviation: number;
  /** The root mean square of the gradient, in standard deviations of the lumas. */
  readonly detail: number;
  /** Horizontal by vertical detail. Motion blurs one of them. */
  readonly acrossToDown: number;
}

export function contrastOf({ lumas }: FacePatch): Contrast {
  const count = INNER.width * INNER.height;
  const sums = new Float64Array(4);
  faces().detailSums(lumas, sums);
  const [sum = 0, squares = 0, across = 0, down = 0] = sums;
  const deviation = Math.sqrt(Math.max(1e-6, squares / count - (sum / count) ** 2));
  const detail = Math.sqrt((across + down) / count) / deviation;
  return { deviation, detail, acrossToDown: Math.sqrt(across / Math.max(1e-6, down)) };
}
