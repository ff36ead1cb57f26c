import { blur, contrastOf, type FacePatch, INNER, PATCH_SIZE } from "./face-patch.ts";
import { solveSymmetric } from "./linear-solver.ts";
import { medianOf } from "./planar-motion.ts";

/** The place of the nose in INNER. */
const NOSE = { left: 13, right: 26, top: 12, bottom: 28 };

const PIXELS = INNER.width * INNER.height;
/** Ten terms of a bend for each direction (all up to the third power), then contrast, brightness and blur. */
const BENDS = 10;
const TERMS = 2 * BENDS + 3;
const STEPS = 8;
/** Every third pixel is enough to find these terms. */
const FITTED = 3;
/** A bend that moves the face further than this, in halves of its width, does not follow the face any more. */
const LOST = 1;
const MIDDLE = { x: 28, y: 33.5 };
const SCALE = 19;

/**
 * The part of the nose in `later` that bent paper does not explain, in standard deviations of the face's lumas. A sheet that
 * is turned, moved and bent moves by a smooth map, for which three powers are enough. A real nose has depth and does not
 * follow this map. Undefined if the two cannot be aligned. Gauss-Newton steps with the weights of Geman and McClure. Pure.
 */
export function noseRelief(earlier: FacePatch, later: FacePatch): number | undefined {
  const bend = new Float64Array(2 * BENDS);
  const weights = new Float32Array(PIXELS).fill(1);
  for (let step = 1; ; step++) {
    const seen = bent(later, bend);
    const slopes = slopesOf(earlier, seen);
    const terms = fit(slopes, seen, weights);
    if (!terms) return undefined;
    const residual = rest(slopes, seen, terms);
    if (step === STEPS) return ofNose(residual, terms[2 * BENDS] as number, contrastOf(earlier).deviation);
    for (let i = 0; i < bend.length; i++) bend[i] = (bend[i] as number) + (terms[i] as number);
    if (bend.some((value) => !(Math.abs(value) <= LOST))) return undefined;
    weigh(residual, weights);
    for (const numbers of [seen, slopes, residual]) numbers.fill(0);
  }
}

/** The powers of the coordinates of each pixel, which run from about -1 to 1 over the face. */
const SHAPES = Float32Array.from({ length: PIXELS * BENDS }, (_, i) => {
  const { x, y } = placeOf(Math.floor(i / BENDS));
  const [u, v] = [(x - MIDDLE.x) / SCALE, (y - MIDDLE.y) / SCALE];
  return [1, u, v, u * u, u * v, v * v, u ** 3, u * u * v, u * v * v, v ** 3][i % BENDS] as number;
});

function placeOf(pixel: number) {
  return { x: INNER.left + (pixel % INNER.width), y: INNER.top + Math.floor(pixel / INNER.width) };
}

/** The lumas at the places to which a bend moves the inner pixels. */
function bent({ lumas }: FacePatch, bend: Float64Array): Float32Array {
  const out = new Float32Array(PIXELS);
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    let [dx, dy] = [0, 0];
    for (let i = 0, at = pixel * BENDS; i < BENDS; i++, at++) {
      dx += (SHAPES[at] as number) * (bend[i] as number);
      dy += (SHAPES[at] as number) * (bend[BENDS + i] as number);
    }
    const { x, y } = placeOf(pixel);
    out[pixel] = sampled(lumas, x + dx * SCALE, y + dy * SCALE);
  }
  return out;
}

function sampled(lumas: Float32Array, x: number, y: number): number {
  const [cx, cy] = [inside(x), inside(y)];
  const [left, top] = [Math.floor(cx), Math.floor(cy)];
  const [fx, fy] = [cx - left, cy - top];
  const at = top * PATCH_SIZE + left;
  const above = (lumas[at] as number) * (1 - fx) + (lumas[at + 1] as number) * fx;
  const below = (lumas[at + PATCH_SIZE] as number) * (1 - fx) + (lumas[at + PATCH_SIZE + 1] as number) * fx;
  return above * (1 - fy) + below * fy;
}

function inside(value: number): number {
  return Math.min(PATCH_SIZE - 1.001, Math.max(0, value));
}

/** How each term changes each pixel, pixel after pixel. */
function slopesOf({ lumas }: FacePatch, seen: Float32Array): Float32Array {
  const slopes = new Float32Array(PIXELS * TERMS);
  for (let pixel = 0, to = 0; pixel < PIXELS; pixel++, to += TERMS) {
    const [dx, dy] = gradientAt(seen, pixel);
    for (let i = 0; i < BENDS; i++) {
      const shape = SHAPES[pixel * BENDS + i] as number;
      slopes[to + i] = -SCALE * dx * shape;
      slopes[to + BENDS + i] = -SCALE * dy * shape;
    }
    const { x, y } = placeOf(pixel);
    const at = y * PATCH_SIZE + x;
    const here = lumas[at] as number;
    const around = (lumas[at - 1] as number) + (lumas[at + 1] as number);
    const beyond = (lumas[at - PATCH_SIZE] as number) + (lumas[at + PATCH_SIZE] as number);
    slopes[to + 2 * BENDS] = here;
    slopes[to + 2 * BENDS + 1] = 1;
    slopes[to + 2 * BENDS + 2] = around + beyond - 4 * here;
  }
  return slopes;
}

function gradientAt(seen: Float32Array, pixel: number): readonly [number, number] {
  const [x, y] = [pixel % INNER.width, Math.floor(pixel / INNER.width)];
  const [left, right] = [x > 0 ? 1 : 0, x < INNER.width - 1 ? 1 : 0];
  const [up, down] = [y > 0 ? INNER.width : 0, y < INNER.height - 1 ? INNER.width : 0];
  return [
    ((seen[pixel + right] as number) - (seen[pixel - left] as number)) / (left + right),
    ((seen[pixel + down] as number) - (seen[pixel - up] as number)) / ((up + down) / INNER.width),
  ];
}

function fit(slopes: Float32Array, seen: Float32Array, weights: Float32Array): Float64Array | undefined {
  const matrix = new Float64Array(TERMS * TERMS);
  const right = new Float64Array(TERMS);
  for (let pixel = 0, at = 0; pixel < PIXELS; pixel += FITTED, at += FITTED * TERMS) {
    const weight = weights[pixel] as number;
    for (let row = 0; row < TERMS; row++) {
      const part = weight * (slopes[at + row] as number);
      right[row] = (right[row] as number) + part * (seen[pixel] as number);
      for (let column = 0; column <= row; column++) {
        const cell = row * TERMS + column;
        matrix[cell] = (matrix[cell] as number) + part * (slopes[at + column] as number);
      }
    }
  }
  for (let i = 0; i < TERMS; i++) matrix[i * TERMS + i] = (matrix[i * TERMS + i] as number) * (1 + 1e-6) + 1e-9;
  return solveSymmetric(matrix, right) ? right : undefined;
}

function rest(slopes: Float32Array, seen: Float32Array, terms: Float64Array): Float32Array {
  return seen.map((value, pixel) => {
    let explained = 0;
    for (let term = 0; term < TERMS; term++)
      explained += (terms[term] as number) * (slopes[pixel * TERMS + term] as number);
    return value - explained;
  });
}

/** The weights for residuals: large ones count little. 1.48 times the median is the standard deviation. */
function weigh(residual: Float32Array, weights: Float32Array): void {
  const deviation = 1.48 * medianOf(residual.map(Math.abs)) + 1e-6;
  for (let i = 0; i < weights.length; i++) weights[i] = 1 / (1 + ((residual[i] as number) / (2 * deviation)) ** 2);
}

function ofNose(residual: Float32Array, contrast: number, deviation: number): number {
  const blurred = blur(residual, INNER.width, INNER.height);
  let [sum, count] = [0, 0];
  for (let y = NOSE.top; y < NOSE.bottom; y++) {
    for (let x = NOSE.left; x < NOSE.right; x++, count++) sum += (blurred[y * INNER.width + x] as number) ** 2;
  }
  blurred.fill(0);
  return Math.sqrt(sum / count) / (Math.max(0.3, contrast) * deviation);
}
