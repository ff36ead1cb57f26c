import { type FacePatch, gradientX, gradientY, INNER, PATCH_SIZE } from "./face-patch.ts";
import { solveSymmetric } from "./linear-solver.ts";

/** A patch to which others are compared, as if it were a flat picture. */
export interface Plane {
  /**
   * Everything that moving, lighting or blurring a flat picture can change in it: the slopes of all inner pixels, one of
   * TERMS after the other.
   */
  readonly slopes: Float32Array;
  /** The same of the fitted pixels alone. */
  readonly fitted: Float32Array;
}

const PIXELS = INNER.width * INNER.height;
/** Eight of a homography, brightness and contrast, three of a blur in any direction. */
const TERMS = 13;
const CONTRAST = 8;

/** Coordinates run from about -1 to 1 over the face, so that all slopes are of one size. */
const MIDDLE = { x: 28, y: 33.5 };
const SCALE = 19;
/** Where each inner pixel is, in them. */
const ACROSS = Float64Array.from(
  { length: PIXELS },
  (_, pixel) => (INNER.left + (pixel % INNER.width) - MIDDLE.x) / SCALE,
);
const DOWN = Float64Array.from(
  { length: PIXELS },
  (_, pixel) => (INNER.top + Math.floor(pixel / INNER.width) - MIDDLE.y) / SCALE,
);

/** And where in a patch. */
const AT = Int32Array.from(
  { length: PIXELS },
  (_, pixel) => (INNER.top + Math.floor(pixel / INNER.width)) * PATCH_SIZE + INNER.left + (pixel % INNER.width),
);

/** A homography that moves a face further than this has lost it. */
const LOST = 0.6;
const STEPS = 6;
/** Weights have settled after this many steps; a step of fewer pixels of the patch than this changes hardly an answer (ADR 15). */
const STEPS_AT_LEAST = 3;
const SETTLED = 0.05;
/** Every third pixel is enough to find thirteen numbers in a blurred patch: rows of 38 spread them over all columns. */
const FITTED = 3;

export function planeOf({ lumas }: FacePatch): Plane {
  const slopes = new Float32Array(PIXELS * TERMS);
  // No list for each pixel: that took longer than the fit.
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const at = AT[pixel] as number;
    const u = ACROSS[pixel] as number;
    const v = DOWN[pixel] as number;
    const dx = gradientX(lumas, at) * SCALE;
    const dy = gradientY(lumas, at) * SCALE;
    slopes[pixel] = dx;
    slopes[pixel + PIXELS] = dx * u;
    slopes[pixel + 2 * PIXELS] = dx * v;
    slopes[pixel + 3 * PIXELS] = dy;
    slopes[pixel + 4 * PIXELS] = dy * u;
    slopes[pixel + 5 * PIXELS] = dy * v;
    slopes[pixel + 6 * PIXELS] = -dx * u * u - dy * u * v;
    slopes[pixel + 7 * PIXELS] = -dx * u * v - dy * v * v;
    slopes[pixel + CONTRAST * PIXELS] = lumas[at] as number;
    slopes[pixel + 9 * PIXELS] = 1;
    slopes[pixel + 10 * PIXELS] = (gradientX(lumas, at + 1) - gradientX(lumas, at - 1)) / 2;
    slopes[pixel + 11 * PIXELS] = (gradientX(lumas, at + PATCH_SIZE) - gradientX(lumas, at - PATCH_SIZE)) / 2;
    slopes[pixel + 12 * PIXELS] = (gradientY(lumas, at + PATCH_SIZE) - gradientY(lumas, at - PATCH_SIZE)) / 2;
  }
  return { slopes, fitted: everyOf(slopes) };
}

/** Terms follow each other without a gap, and PIXELS is a multiple of FITTED: every third of all is every third of each. */
function everyOf(slopes: Float32Array): Float32Array {
  const some = new Float32Array(slopes.length / FITTED);
  for (let i = 0; i < some.length; i++) some[i] = slopes[i * FITTED] as number;
  return some;
}

/** Overwrites a plane. */
export function wipePlane({ slopes, fitted }: Plane): void {
  for (const numbers of [slopes, fitted]) numbers.fill(0);
}

/** A homography, row after row, over the coordinates above. */
type Homography = readonly [number, number, number, number, number, number, number, number, number];
const STAYING: Homography = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/**
 * What moving, tilting, lighting and blurring a flat picture does not explain of `patch`: a difference in lumas for each
 * inner pixel; undefined when the two cannot be brought together. Inverse compositional alignment (Baker and Matthews,
 * "Lucas-Kanade 20 years on", 2004) with weights against outliers (Geman and McClure), so that an eye that closed does
 * not pull the rest along. Pure.
 */
export function unexplained({ slopes, fitted }: Plane, { lumas }: FacePatch): Float32Array | undefined {
  const weights = new Float32Array(PIXELS / FITTED).fill(1);
  let homography = STAYING;
  for (let step = 1; ; step++) {
    const seen = moved(lumas, homography, FITTED);
    const terms = fit(fitted, seen, weights);
    const contrast = Math.max(terms?.[CONTRAST] ?? 0, 0.3);
    const last = !terms || step === STEPS || (step >= STEPS_AT_LEAST && lengthOf(terms) < SETTLED * contrast);
    if (!last) trust(without(seen, fitted, terms), weights);
    seen.fill(0);
    if (!terms) return undefined;
    if (last) {
      const residual = without(moved(lumas, homography, 1), slopes, terms);
      for (let i = 0; i < PIXELS; i++) residual[i] = (residual[i] as number) / contrast;
      return residual;
    }
    const next = composed(homography, terms, contrast);
    if (!next) return undefined;
    homography = next;
  }
}

/** How far a step moves a corner of the face, in pixels of the patch, at most. */
function lengthOf(terms: Float64Array): number {
  return SCALE * terms.subarray(0, CONTRAST).reduce((most, term) => Math.max(most, Math.abs(term)), 0);
}

/** The lumas where a homography moves the inner pixels to; of every pixel, or of one in `each`. */
function moved(lumas: Float32Array, [a, b, c, d, e, f, g, h, scale]: Homography, each: number): Float32Array {
  const out = new Float32Array(PIXELS / each);
  for (let i = 0, pixel = 0; i < out.length; i++, pixel += each) {
    const u = ACROSS[pixel] as number;
    const v = DOWN[pixel] as number;
    const far = g * u + h * v + scale;
    const x = inside(((a * u + b * v + c) / far) * SCALE + MIDDLE.x);
    const y = inside(((d * u + e * v + f) / far) * SCALE + MIDDLE.y);
    const left = Math.floor(x);
    const top = Math.floor(y);
    const fx = x - left;
    const fy = y - top;
    const at = top * PATCH_SIZE + left;
    const above = (lumas[at] as number) * (1 - fx) + (lumas[at + 1] as number) * fx;
    const below = (lumas[at + PATCH_SIZE] as number) * (1 - fx) + (lumas[at + PATCH_SIZE + 1] as number) * fx;
    out[i] = above * (1 - fy) + below * fy;
  }
  return out;
}

function inside(value: number): number {
  return Math.min(PATCH_SIZE - 1.001, Math.max(0, value));
}

/** The weighted least-squares answer of `slopes · terms = seen`. */
function fit(slopes: Float32Array, seen: Float32Array, weights: Float32Array): Float64Array | undefined {
  const count = seen.length;
  const matrix = new Float64Array(TERMS * TERMS);
  const right = new Float64Array(TERMS);
  const weighted = new Float64Array(count);
  for (let row = 0; row < TERMS; row++) {
    for (let i = 0; i < count; i++) {
      weighted[i] = Math.fround((weights[i] as number) * (slopes[row * count + i] as number));
    }
    right[row] = product(weighted, seen);
    // Only the lower half is read: what a group of four writes beyond it is never looked at.
    for (let column = 0; column <= row; column += 4) products(weighted, slopes, column, matrix, row * TERMS + column);
  }
  weighted.fill(0);
  // Terms that hardly show in this face are held small, and the matrix positive.
  for (let i = 0; i < TERMS; i++) matrix[i * TERMS + i] = (matrix[i * TERMS + i] as number) * (1 + 1e-5) + 1e-9;
  return solveSymmetric(matrix, right) ? right : undefined;
}

/** The product of as many values: one running sum. */
function product(a: Float64Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/**
 * The products of `a` with four columns of `slopes`, from `column` on, written to `out`. Most of the cost of a fit is this
 * loop: each value of `a` is read once for four. Columns past the last are the last once more.
 */
function products(a: Float64Array, slopes: Float32Array, column: number, out: Float64Array, at: number): void {
  const count = a.length;
  const last = (TERMS - 1) * count;
  const first = column * count;
  const second = Math.min(last, first + count);
  const third = Math.min(last, second + count);
  const fourth = Math.min(last, third + count);
  let [one, two, three, four] = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const value = a[i] as number;
    one += value * (slopes[first + i] as number);
    two += value * (slopes[second + i] as number);
    three += value * (slopes[third + i] as number);
    four += value * (slopes[fourth + i] as number);
  }
  out[at] = one;
  if (column + 1 < TERMS) out[at + 1] = two;
  if (column + 2 < TERMS) out[at + 2] = three;
  if (column + 3 < TERMS) out[at + 3] = four;
}

/** What is left of `seen` when the terms have explained their part; in `seen`'s own memory. */
function without(seen: Float32Array, slopes: Float32Array, terms: Float64Array): Float32Array {
  const count = seen.length;
  for (let term = 0; term < TERMS; term++) {
    const share = terms[term] as number;
    for (let i = 0; i < count; i++) seen[i] = (seen[i] as number) - share * (slopes[term * count + i] as number);
  }
  return seen;
}

/** Weights from residuals: those far beyond the usual (1.48 medians are a standard deviation) count little. */
function trust(residual: Float32Array, weights: Float32Array): void {
  const sizes = new Float32Array(residual.length);
  for (let i = 0; i < sizes.length; i++) sizes[i] = Math.abs(residual[i] as number);
  const deviation = 1.48 * medianOf(sizes) + 1e-6;
  sizes.fill(0);
  for (let i = 0; i < weights.length; i++) weights[i] = 1 / (1 + ((residual[i] as number) / (2 * deviation)) ** 2);
}

/** The middle one of some numbers; changes their order. Hoare's quickselect: it leaves the rest unsorted. */
export function medianOf(values: Float32Array): number {
  const middle = values.length >> 1;
  for (let [from, to] = [0, values.length - 1]; from < to; ) {
    const [least, most] = parted(values, from, to);
    if (middle <= most) to = most;
    else if (middle >= least) from = least;
    else break;
  }
  return values[middle] ?? 0;
}

/** Puts what is at most a value of theirs before what is at least as much: where the latter begin, and the former end. */
function parted(values: Float32Array, from: number, to: number): readonly [number, number] {
  const pivot = values[(from + to) >> 1] as number;
  let [low, high] = [from, to];
  while (low <= high) {
    while ((values[low] as number) < pivot) low++;
    while ((values[high] as number) > pivot) high--;
    if (low > high) break;
    const value = values[low] as number;
    values[low++] = values[high] as number;
    values[high--] = value;
  }
  return [low, high];
}

/** The homography that stands once the step just found is undone in the patch; undefined when the face is lost. */
function composed(h: Homography, terms: Float64Array, contrast: number): Homography | undefined {
  const [c = 0, a = 0, b = 0, f = 0, d = 0, e = 0, g = 0, i = 0] = terms.subarray(0, 8).map((term) => term / contrast);
  const undone = inverse([1 + a, b, c, d, 1 + e, f, g, i, 1]);
  const product = undone && multiply(h, undone);
  if (!product || !(Math.abs(product[8]) > 1e-6)) return undefined;
  const scaled = product.map((value) => value / product[8]) as unknown as Homography;
  return scaled.some((value, k) => !(Math.abs(value - (STAYING[k] as number)) <= LOST)) ? undefined : scaled;
}

function multiply(p: Homography, q: Homography): Homography {
  const cell = (row: 0 | 3 | 6, column: 0 | 1 | 2) =>
    p[row] * q[column] +
    (p[row + 1] as number) * (q[column + 3] as number) +
    (p[row + 2] as number) * (q[column + 6] as number);
  return [
    cell(0, 0),
    cell(0, 1),
    cell(0, 2),
    cell(3, 0),
    cell(3, 1),
    cell(3, 2),
    cell(6, 0),
    cell(6, 1),
    cell(6, 2),
  ] as unknown as Homography;
}

function inverse([a, b, c, d, e, f, g, h, i]: Homography): Homography | undefined {
  const [p, q, r] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * p + b * q + c * r;
  if (!(Math.abs(determinant) > 1e-9)) return undefined;
  const cofactors = [p, c * h - b * i, b * f - c * e, q, a * i - c * g, c * d - a * f, r, b * g - a * h, a * e - b * d];
  return cofactors.map((value) => value / determinant) as unknown as Homography;
}
