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

function share(values: readonly number[], counts: (value: number) => boolean): number {
  return values.length === 0 ? 0 : values.filter(counts).length / values.length;
}
