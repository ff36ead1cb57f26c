import { luma, type Picture } from "./picture.ts";
import { resample } from "./resize.ts";

/** A face in half the embedder's resolution, luma only and a little blurred, so that a camera's noise counts less. */
export interface FacePatch {
  /** PATCH_SIZE × PATCH_SIZE lumas, 0…255. */
  readonly lumas: Float32Array;
}

export const PATCH_SIZE = 56;

/** What is compared of a patch: from the brows to below the mouth, without hair and background. */
export const INNER = { left: 9, top: 14, width: 38, height: 39 } as const;

/** The patch of an aligned face (112×112, RGB). Whoever keeps it overwrites it. Pure. */
export function toPatch(aligned: Picture): FacePatch {
  const whole = { x: 0, y: 0, width: aligned.width, height: aligned.height };
  const { data } = resample(aligned, whole, PATCH_SIZE, PATCH_SIZE);
  const lumas = new Float32Array(PATCH_SIZE * PATCH_SIZE);
  for (let i = 0; i < lumas.length; i++) {
    lumas[i] = luma(data[i * 3] as number, data[i * 3 + 1] as number, data[i * 3 + 2] as number);
  }
  data.fill(0);
  const blurred = blur(lumas, PATCH_SIZE, PATCH_SIZE);
  lumas.fill(0);
  return { lumas: blurred };
}

/** Burt and Adelson's five taps, 1 4 6 4 1, both ways; beyond the edge the edge goes on. */
export function blur(values: Float32Array, width: number, height: number): Float32Array {
  const once = pass(values, width, height, 1);
  const twice = pass(once, width, height, width);
  once.fill(0);
  return twice;
}

function pass(values: Float32Array, width: number, height: number, step: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const place = step === 1 ? i % width : Math.floor(i / width);
    const last = (step === 1 ? width : height) - 1;
    const value = (by: number) => values[i + (Math.min(last, Math.max(0, place + by)) - place) * step] as number;
    out[i] = (value(-2) + value(2) + 4 * (value(-1) + value(1)) + 6 * value(0)) / 16;
  }
  return out;
}

/** The mean square of the gradient over the variance, inside INNER: what blurring takes away. */
export function contrastOf({ lumas }: FacePatch): { readonly deviation: number; readonly detail: number } {
  let [sum, squares, edges, count] = [0, 0, 0, 0];
  for (let y = INNER.top; y < INNER.top + INNER.height; y++) {
    for (let x = INNER.left; x < INNER.left + INNER.width; x++) {
      const i = y * PATCH_SIZE + x;
      const value = lumas[i] as number;
      sum += value;
      squares += value * value;
      edges += gradientX(lumas, i) ** 2 + gradientY(lumas, i) ** 2;
      count++;
    }
  }
  const deviation = Math.sqrt(Math.max(1e-6, squares / count - (sum / count) ** 2));
  return { deviation, detail: Math.sqrt(edges / count) / deviation };
}

export function gradientX(values: Float32Array, at: number): number {
  return ((values[at + 1] as number) - (values[at - 1] as number)) / 2;
}

export function gradientY(values: Float32Array, at: number): number {
  return ((values[at + PATCH_SIZE] as number) - (values[at - PATCH_SIZE] as number)) / 2;
}
