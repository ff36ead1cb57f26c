/** A vector as signed bytes: each value is a byte times `scale`. */
export interface PackedVector {
  readonly scale: number;
  /** Base64. */
  readonly values: string;
}

/**
 * The sum of the people's features, each drawing's by its weight, at a length of `length`. With weights that make up 0 all
 * that the drawings of one person have in common takes itself away. Pure.
 */
export function directionOf(
  people: readonly (readonly Float32Array[])[],
  weights: readonly number[],
  length: number,
): Float32Array {
  const sum = new Float64Array(people[0]?.[0]?.length ?? 0);
  for (const drawings of people) {
    for (const [place, features] of drawings.entries()) {
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (weights[place] ?? 0) * (features[i] ?? 0);
    }
  }
  const size = Math.hypot(...sum) || 1;
  return Float32Array.from(sum, (value) => (value * length) / size);
}

/** Packs a vector into a byte for each value. Pure. */
export function packVector(vector: Float32Array): PackedVector {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = Number((largest / 127).toPrecision(6));
  const bytes = Int8Array.from(vector, (value) => Math.round(value / scale));
  return { scale, values: Buffer.from(bytes.buffer).toString("base64") };
}
