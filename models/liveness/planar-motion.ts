import { type FacePatch, gradientX, gradientY, INNER, PATCH_SIZE } from "./face-patch.ts";
import { solveSymmetric } from "./linear-solver.ts";

/** A patch as a flat picture, with which other patches are compared. */
export interface Plane {
  /**
   * The slopes of all inner pixels for each of TERMS: how motion, light and blur change the luma of a pixel of a flat
   * picture.
   */
  readonly slopes: Float32Array;
  /** The slopes of the fitted pixels only. */
  readonly fitted: Float32Array;
}

const PIXELS = INNER.width * INNER.height;
/** Eight terms of a homography, brightness and contrast, and three of a blur in any direction. */
const TERMS = 13;
const CONTRAST = 8;

/** The origin of coordinates that run from about -1 to 1 over the face, so that all slopes have a similar size. */
const MIDDLE = { x: 28, y: 33.5 };
const SCALE = 19;
/** The x of each inner pixel in these coordinates. */
const ACROSS = Float64Array.from(
  { length: PIXELS },
  (_, pixel) => (INNER.left + (pixel % INNER.width) - MIDDLE.x) / SCALE,
);
const DOWN = Float64Array.from(
  { length: PIXELS },
  (_, pixel) => (INNER.top + Math.floor(pixel / INNER.width) - MIDDLE.y) / SCALE,
);

/** The index of each inner pixel in a patch. */
const AT = Int32Array.from(
  { length: PIXELS },
  (_, pixel) => (INNER.top + Math.floor(pixel / INNER.width)) * PATCH_SIZE + INNER.left + (pixel % INNER.width),
);

/** A homography that moves a corner of the face further than this does not follow the face any more. */
const LOST = 0.6;
const STEPS = 6;
/**
 * The weights have settled after this many steps. A step shorter than SETTLED, in pixels of the patch, hardly changes an
 * answer (ADR 15).
 */
const STEPS_AT_LEAST = 3;
const SETTLED = 0.05;
/** Every third pixel is enough for thirteen terms in a blurred patch. Rows have 38 pixels, so all columns are used. */
const FITTED = 3;

export function planeOf({ lumas }: FacePatch): Plane {
  const slopes = new Float32Array(PIXELS * TERMS);
  // No array for each pixel: that took longer than the fit.
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

/** Every third slope. PIXELS is a multiple of FITTED, so these are the slopes of the same pixels for each term. */
function everyOf(slopes: Float32Array): Float32Array {
  const some = new Float32Array(slopes.length / FITTED);
  for (let i = 0; i < some.length; i++) some[i] = slopes[i * FITTED] as number;
  return some;
}

/** Overwrites a plane. */
export function wipePlane({ slopes, fitted }: Plane): void {
  for (const numbers of [slopes, fitted]) numbers.fill(0);
}

/** A homography in the coordinates above, row after row. */
type Homography = readonly [number, number, number, number, number, number, number, number, number];
const STAYING: Homography = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/**
 * The part of `patch` that the motion, tilt, light and blur of a flat picture do not explain: a difference in lumas for each
 * inner pixel. Undefined if the two cannot be aligned. Inverse compositional alignment (Baker and Matthews, "Lucas-Kanade 20
 * years on", 2004) with weights against outliers (Geman and McClure), so that a closed eye does not shift the rest. Pure.
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

/** The largest distance by which a step moves a corner of the face, in pixels of the patch. */
function lengthOf(terms: Float64Array): number {
  return SCALE * terms.subarray(0, CONTRAST).reduce((most, term) => Math.max(most, Math.abs(term)), 0);
}

/** The lumas at the places to which a homography moves the inner pixels; only every `each`-th pixel. */
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

/** The weighted least-squares solution of `slopes · terms = seen`. */
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
    // Only the lower half is read. A group of four also writes beyond it.
    for (let column = 0; column <= row; column += 4) products(weighted, slopes, column, matrix, row * TERMS + column);
  }
  weighted.fill(0);
  // Keeps terms small that have little effect in this face, and the matrix positive definite.
  for (let i = 0; i < TERMS; i++) matrix[i * TERMS + i] = (matrix[i * TERMS + i] as number) * (1 + 1e-5) + 1e-9;
  return solveSymmetric(matrix, right) ? right : undefined;
}

/** The dot product. */
function product(a: Float64Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/**
 * The dot products of `a` with four columns of `slopes`, from `column` on, written to `out`. This loop is most of the cost
 * of a fit, so each value of `a` is read once for four columns. After the last column, the last one is repeated.
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

/** Subtracts from `seen` the part that the terms explain. Changes and returns `seen`. */
function without(seen: Float32Array, slopes: Float32Array, terms: Float64Array): Float32Array {
  const count = seen.length;
  for (let term = 0; term < TERMS; term++) {
    const share = terms[term] as number;
    for (let i = 0; i < count; i++) seen[i] = (seen[i] as number) - share * (slopes[term * count + i] as number);
  }
  return seen;
}

/** The weights for residuals: large ones count little. 1.48 times the median is the standard deviation. */
function trust(residual: Float32Array, weights: Float32Array): void {
  const sizes = new Float32Array(residual.length);
  for (let i = 0; i < sizes.length; i++) sizes[i] = Math.abs(residual[i] as number);
  const deviation = 1.48 * medianOf(sizes) + 1e-6;
  sizes.fill(0);
  for (let i = 0; i < weights.length; i++) weights[i] = 1 / (1 + ((residual[i] as number) / (2 * deviation)) ** 2);
}

/** The median of some numbers. Changes their order (Hoare's quickselect). */
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

/** Moves the numbers below a pivot to the front. Returns where the larger ones begin and where the smaller ones end. */
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

/** The homography composed with the inverse of the last step; undefined if it does not follow the face any more. */
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
