/** Pseudo-random numbers 0…1, the same on each machine (mulberry32, Tommy Ettinger, public domain). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `count` numbers from -1 to 1. */
export function randomFloats(seed: number, count: number): Float32Array {
  const next = randomOf(seed);
  return Float32Array.from({ length: count }, () => 2 * next() - 1);
}
