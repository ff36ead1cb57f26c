import type { Ascending, Scores } from "../../../../workshop/evaluate/scores/error-rates.ts";

/** The scores of few pairs. */
export function scoresOf(genuine: readonly number[], impostor: readonly number[]): Scores {
  return { genuine: ascending(genuine), impostor: ascending(impostor) };
}

function ascending(values: readonly number[]): Ascending {
  return Float64Array.from(values).sort() as Ascending;
}
