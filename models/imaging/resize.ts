import type { Box, Image } from "./image.ts";

/** For each output pixel along one axis: its first source pixel, and the weights of `count` pixels. */
interface Taps {
  readonly first: Int32Array;
  readonly weights: Float32Array;
  readonly count: number;
}

/**
 * Cuts `region` out of an image and scales it to `width` × `height`. The filter is a triangle as wide as an output
 * pixel (at least a source pixel), without aliasing, for tools that need the best quality. The pipeline uses `crop`.
 * Pixels outside the image are black.
 */
export function resample(image: Image, region: Box, width: number, height: number): Image {
  const across = taps(region.x, region.width, width, image.width);
  const down = taps(region.y, region.height, height, image.height);
  const firstRow = Math.max(0, down.first[0] ?? 0);
  const lastRow = Math.min(image.height, (down.first[height - 1] ?? 0) + down.count);
  const rows = squeezeRows(image, across, width, firstRow, Math.max(firstRow, lastRow));
  const data = squeezeColumns(rows, down, width, height, firstRow);
  rows.fill(0);
  return { width, height, data };
}

function taps(start: number, size: number, count: number, limit: number): Taps {
  const step = size / count;
  const reach = Math.max(1, step);
  const span = Math.ceil(2 * reach) + 1;
  const first = new Int32Array(count);
  const weights = new Float32Array(count * span);
  for (let out = 0; out < count; out++) {
    const middle = start + (out + 0.5) * step - 0.5;
    const from = Math.ceil(middle - reach);
    first[out] = from;
    fillWeights(weights.subarray(out * span, (out + 1) * span), from, middle, reach, limit);
  }
  return { first, weights, count: span };
}

/** Pixels outside the image have no weight and the others are scaled up, unless the centre itself is outside. */
function fillWeights(weights: Float32Array, from: number, middle: number, reach: number, limit: number): void {
  if (middle < -0.5 || middle > limit - 0.5) return;
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const inside = from + i >= 0 && from + i < limit;
    const weight = inside ? weightAt(from + i - middle, reach) : 0;
    weights[i] = weight;
    sum += weight;
  }
  for (let i = 0; i < weights.length; i++) weights[i] = (weights[i] as number) / sum;
}

function weightAt(distance: number, reach: number): number {
  return Math.max(0, 1 - Math.abs(distance) / reach);
}

function squeezeRows(image: Image, across: Taps, width: number, firstRow: number, lastRow: number): Float32Array {
  const out = new Float32Array(Math.max(0, lastRow - firstRow) * width * 3);
  const { data } = image;
  let at = 0;
  for (let row = firstRow; row < lastRow; row++) {
    const line = row * image.width;
    for (let x = 0; x < width; x++, at += 3) {
      const from = across.first[x] as number;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = 0; tap < across.count; tap++) {
        const weight = across.weights[x * across.count + tap] as number;
        if (weight === 0) continue;
        const source = (line + from + tap) * 3;
        red += weight * (data[source] as number);
        green += weight * (data[source + 1] as number);
        blue += weight * (data[source + 2] as number);
      }
      out[at] = red;
      out[at + 1] = green;
      out[at + 2] = blue;
    }
  }
  return out;
}

function squeezeColumns(rows: Float32Array, down: Taps, width: number, height: number, firstRow: number): Uint8Array {
  const stride = width * 3;
  const sums = new Float32Array(stride);
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    sums.fill(0.5);
    for (let tap = 0; tap < down.count; tap++) {
      const weight = down.weights[y * down.count + tap] as number;
      if (weight === 0) continue;
      const line = ((down.first[y] as number) + tap - firstRow) * stride;
      for (let i = 0; i < stride; i++) sums[i] = (sums[i] as number) + weight * (rows[line + i] as number);
    }
    out.set(sums, y * stride);
  }
  return out;
}
