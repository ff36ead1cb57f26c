/** The scores of the impostor pairs of a labelled set. Every threshold of a pack must agree with this record. */
interface Evaluation {
  readonly set: string;
  readonly reference: string;
  readonly impostorPairs: number;
  /** Similarities from the lowest to the highest, each with the number of impostor pairs that reached it. */
  readonly impostorsReached: readonly (readonly [similarity: number, count: number])[];
}

/** The error rate that a threshold claims, and the set on which it was measured. */
interface Claim {
  readonly fmr: number;
  readonly similarity: number;
  readonly set: string;
  readonly reference: string;
  readonly impostorPairs: number;
  readonly fmrInterval95: readonly [number, number];
}

/** There must be enough pairs to measure the claimed rate within this factor. */
const UNCERTAINTY_MOST = 10;
/** Intervals are written with six decimals. */
const ROUNDING = 1e-6;

/** Where a pack's thresholds contradict its own evaluations; empty if they agree. Pure. */
export function evaluationProblems(claims: readonly Claim[], evaluations: readonly Evaluation[]): readonly string[] {
  const disordered = evaluations.filter(({ impostorPairs, impostorsReached }) =>
    impostorsReached.some(([similarity, count], i) => {
      const [before, most] = impostorsReached[i - 1] ?? [-2, impostorPairs];
      return similarity <= before || count > most;
    }),
  );
  return [
    ...disordered.map(({ set }) => `evaluations: more impostors of ${set} reach a higher similarity`),
    ...claims.flatMap((claim, i) => {
      const problem = contradiction(claim, evaluations);
      return problem ? [`thresholds.${i}: FMR ${claim.fmr} at ${claim.similarity}: ${problem}`] : [];
    }),
  ];
}

function contradiction(claim: Claim, evaluations: readonly Evaluation[]): string | undefined {
  const { set, reference, impostorPairs, fmr } = claim;
  const evaluation = evaluations.find((one) => one.set === set && one.reference === reference);
  if (evaluation?.impostorPairs !== impostorPairs) return `no evaluation of ${impostorPairs} pairs of ${set}`;
  const [, reached] = evaluation.impostorsReached.find(([similarity]) => similarity === claim.similarity) ?? [];
  if (reached === undefined) return `the evaluation of ${set} does not say how many impostors reach it`;
  if (reached / impostorPairs > fmr) return `${reached} of ${impostorPairs} impostor pairs reach it`;
  const { low, high } = interval95(reached, impostorPairs);
  const differs =
    Math.abs(claim.fmrInterval95[0] - low) > ROUNDING || Math.abs(claim.fmrInterval95[1] - high) > ROUNDING;
  if (differs) return `${reached} of ${impostorPairs} impostor pairs give another interval`;
  return high > UNCERTAINTY_MOST * fmr ? `${impostorPairs} impostor pairs are too few for it` : undefined;
}

/** A share and its 95 % interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Wilson's score interval at 95 % (Wilson 1927). It is also right for small counts and for no error at all. */
export function wilson(errors: number, trials: number): Interval {
  const z = 1.959964;
  const p = errors / trials;
  const middle = (p + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const half = (z / (1 + (z * z) / trials)) * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/**
 * The 95 % interval of an error rate: Wilson's; where no error was seen, 0 to 3/n (the "rule of three" of
 * ISO/IEC 19795-1), which is the usual statement for trials without an error.
 */
export function interval95(errors: number, trials: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  return errors === 0 ? { low: 0, high: Math.min(1, 3 / trials) } : wilson(errors, trials);
}
