/** A face in half the embedder's resolution, luma only. It is slightly blurred, which reduces the noise of the camera. */
export interface FacePatch {
  /** PATCH_SIZE × PATCH_SIZE lumas, 0…255. */
  readonly lumas: Float32Array;
}

export const PATCH_SIZE = 56;

/** The compared part of a patch: from the brows to below the mouth, without hair and background. */
export const INNER = { left: 9, top: 14, width: 38, height: 39 } as const;

/** The patch of an aligned face (112×112 lumas). Who keeps the patch must overwrite it. Pure. */
export function toPatch(lumas: Float32Array): FacePatch {
  const half = halved(lumas);
  const blurred = blur(half, PATCH_SIZE, PATCH_SIZE);
  half.fill(0);
  return { lumas: blurred };
}

/** The lumas at half the resolution: each is the mean of four. */
function halved(lumas: Float32Array): Float32Array {
  const out = new Float32Array(PATCH_SIZE * PATCH_SIZE);
  const line = 2 * PATCH_SIZE;
  for (let y = 0, i = 0; y < PATCH_SIZE; y++) {
    for (let x = 0, at = y * 2 * line; x < PATCH_SIZE; x++, i++, at += 2) {
      const above = (lumas[at] as number) + (lumas[at + 1] as number);
      out[i] = (above + (lumas[at + line] as number) + (lumas[at + line + 1] as number)) / 4;
    }
  }
  return out;
}

/** Blurs with the five weights 1 4 6 4 1 (Burt and Adelson) in both directions. The edge pixel is repeated outside. */
export function blur(values: Float32Array, width: number, height: number): Float32Array {
  const once = pass(values, width, height, 1);
  const twice = pass(once, width, height, width);
  once.fill(0);
  return twice;
}

function pass(values: Float32Array, width: number, height: number, step: number): Float32Array {
  const out = new Float32Array(values.length);
  const last = (step === 1 ? width : height) - 1;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const place = step === 1 ? x : y;
      const before = Math.min(1, place) * step;
      const after = Math.min(1, last - place) * step;
      const first = Math.min(2, place) * step;
      const end = Math.min(2, last - place) * step;
      const far = (values[i - first] as number) + (values[i + end] as number);
      const near = (values[i - before] as number) + (values[i + after] as number);
      out[i] = (far + 4 * near + 6 * (values[i] as number)) / 16;
    }
  }
  return out;
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
  let [sum, squares, across, down] = [0, 0, 0, 0];
  for (let y = INNER.top; y < INNER.top + INNER.height; y++) {
    for (let x = INNER.left, i = y * PATCH_SIZE + x; x < INNER.left + INNER.width; x++, i++) {
      const value = lumas[i] as number;
      const beside = gradientX(lumas, i);
      const above = gradientY(lumas, i);
      sum += value;
      squares += value * value;
      across += beside * beside;
      down += above * above;
    }
  }
  const deviation = Math.sqrt(Math.max(1e-6, squares / count - (sum / count) ** 2));
  const detail = Math.sqrt((across + down) / count) / deviation;
  return { deviation, detail, acrossToDown: Math.sqrt(across / Math.max(1e-6, down)) };
}

export function gradientX(values: Float32Array, at: number): number {
  return ((values[at + 1] as number) - (values[at - 1] as number)) / 2;
}

export function gradientY(values: Float32Array, at: number): number {
  return ((values[at + PATCH_SIZE] as number) - (values[at - PATCH_SIZE] as number)) / 2;
}
