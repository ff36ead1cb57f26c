/** The median of measurements, and their quartiles. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Median and quartiles, by linear interpolation between ranks. NaN for no measurements. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const rank = share * (sorted.length - 1);
    const [below = Number.NaN, above = Number.NaN] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
    return below + (above - below) * (rank - Math.floor(rank));
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75), count: sorted.length };
}

/** The ratio of two costs: the ratio of the medians in each round, so that a disturbance of a round affects both. */
export function ratioOf(some: readonly (readonly number[])[], others: readonly (readonly number[])[]): Spread {
  return spreadOf(some.map((values, i) => spreadOf(values).median / spreadOf(others[i] ?? []).median));
}
