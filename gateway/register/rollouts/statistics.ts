/** A count of bad cases out of a total. */
export interface Share {
  readonly bad: number;
  readonly of: number;
}

/**
 * Fisher's exact test, one-sided: the probability of at least this count in the first group if both groups have the same rate.
 * Pure.
 */
export function fisher(group: Share, baseline: Share): number {
  const bad = group.bad + baseline.bad;
  const all = group.of + baseline.of;
  const total = logChoose(all, group.of);
  let probability = 0;
  for (let k = group.bad; k <= Math.min(bad, group.of); k++) {
    if (group.of - k > all - bad) continue;
    probability += Math.exp(logChoose(bad, k) + logChoose(all - bad, group.of - k) - total);
  }
  return Math.min(1, probability);
}

/** A share before and after. */
export interface Shift {
  readonly before: Share;
  readonly after: Share;
}

/**
 * The probability of at least this difference between the rise of the group and the rise of the others, if both rise equally.
 * One-sided z test on the difference of the two log odds ratios, with half an observation added to each cell. Pure.
 */
export function oddsRise(group: Shift, others: Shift): number {
  const cells = [group.after, group.before, others.after, others.before];
  const rise = riseOf(group) - riseOf(others);
  return upperTail(rise / Math.sqrt(cells.reduce((sum, cell) => sum + variance(cell), 0)));
}

const riseOf = ({ before, after }: Shift) => logOdds(after) - logOdds(before);
const logOdds = ({ bad, of }: Share) => Math.log((bad + 0.5) / (of - bad + 0.5));
const variance = ({ bad, of }: Share) => 1 / (bad + 0.5) + 1 / (of - bad + 0.5);

/** The probability that a standard normal value is larger (Abramowitz and Stegun 26.2.17; wrong by less than 1e-7). */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const factors = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = factors.reduceRight((rest, factor) => t * (factor + rest), 0);
  return (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** The logarithms of the factorials of 0 to 19. From 20 on, Stirling's series is exact enough. */
const SMALL = Array.from({ length: 20 }, (_, n) =>
  Array.from({ length: n }, (_one, i) => Math.log(i + 1)).reduce((sum, one) => sum + one, 0),
);

function logFactorial(n: number): number {
  return SMALL[n] ?? n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
}
