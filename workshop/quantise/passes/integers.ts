import type { Constant } from "../../../models/onnx/graph.ts";
import type { FloatConstant } from "../graph-rewrites.ts";

/** The smallest and the largest measured value. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The meaning of a byte: real = scale · (byte − zeroPoint), 0…255. */
export interface ByteScale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The smallest scale, because a constant value would give zero. */
const LEAST_SCALE = 1e-8;

/** The byte scale of a range. Zero is exact, because padding is zero. */
export function byteScale({ low, high }: Range): ByteScale {
  const [least, most] = [Math.min(0, low), Math.max(0, high)];
  const scale = Math.fround(Math.max((most - least) / 255, LEAST_SCALE));
  return { scale, zeroPoint: Math.max(0, Math.min(255, Math.round(-least / scale))) };
}

/** Weights as signed bytes with a scale for each slice along `axis`, and no zero point (symmetric). */
export interface ByteWeights {
  readonly weights: Constant;
  readonly scales: Float32Array;
}

/** int8 weights, one scale for each output channel. `leastScales` keeps a channel's bias within its 32 bits. */
export function byteWeights(
  { shape, values }: FloatConstant,
  axis = 0,
  leastScale: (channel: number) => number = () => 0,
): ByteWeights {
  const channels = shape[axis] ?? 1;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const channelOf = (i: number) => Math.floor(i / inner) % channels;
  const largest = new Float64Array(channels);
  values.forEach((value, i) => {
    largest[channelOf(i)] = Math.max(largest[channelOf(i)] as number, Math.abs(value));
  });
  const scales = Float32Array.from(largest, (most, c) => Math.max(most / 127, leastScale(c), LEAST_SCALE));
  const bytes = Int8Array.from(values, (value, i) => clamp(value / (scales[channelOf(i)] as number), 127));
  return { weights: { shape, values: bytes }, scales };
}

/** A bias as multiples of input scale × weight scale, as integer convolutions add it. */
export function wholeBias(bias: Float32Array, inputScale: number, scales: Float32Array): Int32Array {
  return Int32Array.from(bias, (value, c) => Math.round(value / (inputScale * (scales[c] as number))));
}

/** Numbers as unsigned bytes, with one scale for all. */
export function toBytes(values: Float32Array): ByteScale & { readonly bytes: Uint8Array } {
  const low = values.reduce((least, value) => Math.min(least, value), 0);
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  const { scale, zeroPoint } = byteScale({ low, high });
  const bytes = Uint8Array.from(values, (value) => Math.max(0, Math.min(255, Math.round(value / scale) + zeroPoint)));
  return { scale, zeroPoint, bytes };
}

function clamp(value: number, most: number): number {
  return Math.max(-most, Math.min(most, Math.round(value)));
}
