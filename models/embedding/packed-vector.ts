/** A vector as signed bytes: each value is a byte times `scale`. */
export interface PackedVector {
  readonly scale: number;
  /** Base64. */
  readonly values: string;
}

/** Packs a vector into one byte per value. Pure. */
export function packVector(vector: Float32Array): PackedVector {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = Number((largest / 127).toPrecision(6));
  const bytes = Int8Array.from(vector, (value) => Math.round(value / scale));
  return { scale, values: Buffer.from(bytes.buffer).toString("base64") };
}

/** Unpacks a vector. Pure. */
export function unpackVector({ scale, values }: PackedVector): Float32Array {
  return Float32Array.from(new Int8Array(Buffer.from(values, "base64")), (value) => value * scale);
}
