/** Comparison scores of pairs of the same person and of pairs of different people (ISO/IEC 19795-1). */
export interface Scores {
  readonly genuine: readonly number[];
  readonly impostor: readonly number[];
}

/** Both error rates at one threshold: a pair scores a match when its similarity is at least the threshold. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly fmr: number;
  readonly fnmr: number;
}

/** A share and its 95 % interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export function falseMatchRate({ impostor }: Scores, threshold: number): number {
  return share(impostor, (score) => score >= threshold);
}

export function falseNonMatchRate({ genuine }: Scores, threshold: number): number {
  return share(genuine, (score) => score < threshold);
}

/** The lowest threshold at which at most a share `fmr` of the impostor pairs match, just above the last that do not. */
export function thresholdFor({ impostor }: Scores, fmr: number): number {
  const sorted = Float64Array.from(impostor).sort().reverse();
  const allowed = Math.floor(fmr * sorted.length);
  return (sorted[allowed] ?? -1) + 1e-9;
}

export function operatingPoint(scores: Scores, fmr: number): OperatingPoint {
  const threshold = thresholdFor(scores, fmr);
  return { threshold, fmr: falseMatchRate(scores, threshold), fnmr: falseNonMatchRate(scores, threshold) };
}

/** The rate at which both errors are equal, by walking the thresholds once; their mean where they cross. */
export function equalErrorRate({ genuine, impostor }: Scores): number {
  const low = Float64Array.from(genuine).sort();
  const high = Float64Array.from(impostor).sort();
  let missed = 0;
  let passed = 0;
  for (const threshold of Float64Array.from([...genuine, ...impostor]).sort()) {
    while (missed < low.length && (low[missed] as number) < threshold) missed++;
    while (passed < high.length && (high[passed] as number) < threshold) passed++;
    const [fnmr, fmr] = [missed / low.length, 1 - passed / high.length];
    if (fnmr >= fmr) return (fnmr + fmr) / 2;
  }
  return 0;
}

/** Wilson's score interval at 95 % (Wilson 1927): right for small counts too, where no error was seen included. */
export function wilson(errors: number, trials: number): Interval {
  const z = 1.959964;
  const p = errors / trials;
  const middle = (p + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const half = (z / (1 + (z * z) / trials)) * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/**
 * The 95 % interval of an error rate: Wilson's; where no error was seen, 0 to 3/n (the "rule of three" of
 * ISO/IEC 19795-1), which says plainly what so many trials without an error can show.
 */
export function interval95(errors: number, trials: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  return errors === 0 ? { low: 0, high: Math.min(1, 3 / trials) } : wilson(errors, trials);
}

/** An error rate as it was counted, with its 95 % interval. */
export interface Rate extends Interval {
  readonly errors: number;
  readonly trials: number;
  readonly rate: number;
}

export function rateOf(errors: number, trials: number): Rate {
  return { errors, trials, rate: trials === 0 ? 0 : errors / trials, ...interval95(errors, trials) };
}

/** Both rates of a threshold, as they were counted. */
export function ratesAt({ genuine, impostor }: Scores, threshold: number): { readonly fnmr: Rate; readonly fmr: Rate } {
  const missed = genuine.filter((score) => score < threshold).length;
  const passed = impostor.filter((score) => score >= threshold).length;
  return { fnmr: rateOf(missed, genuine.length), fmr: rateOf(passed, impostor.length) };
}

/** Points of the curve of both errors, from the lowest threshold to the highest; about `limit` of them. */
export function errorCurve({ genuine, impostor }: Scores, limit = 400): readonly OperatingPoint[] {
  const low = Float64Array.from(genuine).sort();
  const high = Float64Array.from(impostor).sort();
  // The axes are logarithmic: ranks are, too, from the best impostors downwards and from the worst genuine upwards.
  const ranks = (length: number) =>
    Array.from({ length: limit / 2 }, (_, i) => Math.round(length ** (i / (limit / 2 - 1))) - 1);
  const ends = [...ranks(low.length).map((i) => low[i]), ...ranks(high.length).map((i) => high[high.length - 1 - i])];
  const known = ends.filter((score) => score !== undefined);
  const thresholds = [...new Set([...known, ...known.map((score) => score + 1e-9)])].sort((a, b) => a - b);
  return thresholds.map((threshold) => ({
    threshold,
    fmr: 1 - countBelow(high, threshold) / Math.max(1, high.length),
    fnmr: countBelow(low, threshold) / Math.max(1, low.length),
  }));
}

/** How many of some ascending values lie below a bound. */
function countBelow(sorted: Float64Array, bound: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] as number) < bound) from = middle + 1;
    else to = middle;
  }
  return from;
}

function share(values: readonly number[], counts: (value: number) => boolean): number {
  return values.length === 0 ? 0 : values.filter(counts).length / values.length;
}
