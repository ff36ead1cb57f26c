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
