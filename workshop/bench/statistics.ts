/** The middle of some measurements, and the quarters below and above it. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Median and quartiles, by linear interpolation between ranks. Not a number where nothing was measured. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const rank = share * (sorted.length - 1);
    const [below = Number.NaN, above = Number.NaN] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
    return below + (above - below) * (rank - Math.floor(rank));
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75), count: sorted.length };
}

/**
 * How many times more one costs than another: of each round the ratio of the two medians, so that what disturbs a round
 * disturbs both. `some` and `others` hold the measurements of each round.
 */
export function ratioOf(some: readonly (readonly number[])[], others: readonly (readonly number[])[]): Spread {
  return spreadOf(some.map((values, i) => spreadOf(values).median / spreadOf(others[i] ?? []).median));
}
