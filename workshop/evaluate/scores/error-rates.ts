import { type Interval, interval95 } from "../../../models/pack/evaluation.ts";

declare const ascending: unique symbol;

/** Sorted scores; a binary search counts those below a threshold. */
export type Ascending = Float64Array & { readonly [ascending]: true };

/** Comparison scores of pairs of the same person and of pairs of different people (ISO/IEC 19795-1). */
export interface Scores {
  readonly genuine: Ascending;
  readonly impostor: Ascending;
}

/** A longer list takes more than half a second. */
const SORTED_AT_ONCE = 4_000_000;

/** Sorts any number of scores in place and awaits `turn` in between, so that other work gets time. */
export async function sortInTurns(
  values: Float64Array,
  turn: () => Promise<unknown>,
  atOnce = SORTED_AT_ONCE,
): Promise<Ascending> {
  const middle = values.length > atOnce ? split(values, guessMedian(values)) : 0;
  // If most scores are equal, as for pictures without features, halves would not get smaller.
  if (middle <= values.length / 64) return sorted(values);
  await turn();
  await sortInTurns(values.subarray(0, middle), turn, atOnce);
  await sortInTurns(values.subarray(middle), turn, atOnce);
  return values as Ascending;
}

function sorted(values: Float64Array): Ascending {
  return values.sort() as Ascending;
}

function guessMedian(values: Float64Array): number {
  const [samples, step] = [101, Math.floor(values.length / 101)];
  const some = Float64Array.from({ length: samples }, (_, i) => values[i * step] as number).sort();
  return some[samples >> 1] as number;
}

/** Moves scores below a pivot to the front and returns their number. */
function split(values: Float64Array, pivot: number): number {
  let [from, to] = [0, values.length - 1];
  while (true) {
    while (from <= to && (values[from] as number) < pivot) from++;
    while (from <= to && (values[to] as number) >= pivot) to--;
    if (from >= to) return from;
    const low = values[to] as number;
    values[to--] = values[from] as number;
    values[from++] = low;
  }
}

/** Both error rates at one threshold: a pair scores a match when its similarity is at least the threshold. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly fmr: number;
  readonly fnmr: number;
}

/** The lowest threshold at which at most a share `fmr` of the impostor pairs match, just above the last that do not. */
export function thresholdFor({ impostor }: Scores, fmr: number): number {
  const allowed = Math.floor(fmr * impostor.length);
  return (impostor[impostor.length - 1 - allowed] ?? -1) + 1e-9;
}

/** The rate at which both errors are equal: the mean where they cross. Undefined without pairs of both kinds. */
export function equalErrorRate({ genuine, impostor }: Scores): number | undefined {
  if (genuine.length === 0 || impostor.length === 0) return undefined;
  let [missed, passed] = [0, 0];
  while (missed < genuine.length || passed < impostor.length) {
    const [fnmr, fmr] = [missed / genuine.length, 1 - passed / impostor.length];
    if (fnmr >= fmr) return (fnmr + fmr) / 2;
    const threshold = Math.min(genuine[missed] ?? Infinity, impostor[passed] ?? Infinity);
    while (missed < genuine.length && (genuine[missed] as number) <= threshold) missed++;
    while (passed < impostor.length && (impostor[passed] as number) <= threshold) passed++;
  }
  return 0;
}

/** A counted error rate with its 95 % interval. */
export interface Rate extends Interval {
  readonly errors: number;
  readonly trials: number;
  readonly rate: number;
}

export function rateOf(errors: number, trials: number): Rate {
  return { errors, trials, rate: trials === 0 ? 0 : errors / trials, ...interval95(errors, trials) };
}

/** Both counted rates of a threshold. */
export function ratesAt({ genuine, impostor }: Scores, threshold: number): { readonly fnmr: Rate; readonly fmr: Rate } {
  const missed = countBelow(genuine, threshold);
  const passed = impostor.length - countBelow(impostor, threshold);
  return { fnmr: rateOf(missed, genuine.length), fmr: rateOf(passed, impostor.length) };
}

/** About `limit` points of the error curve, from the lowest threshold to the highest. */
export function errorCurve({ genuine: low, impostor: high }: Scores, limit = 400): readonly OperatingPoint[] {
  // The axes are logarithmic, so ranks are too: from the highest impostors down and from the lowest genuine up.
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

/** The number of scores below a bound. */
export function countBelow(scores: Ascending, bound: number): number {
  let [from, to] = [0, scores.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((scores[middle] as number) < bound) from = middle + 1;
    else to = middle;
  }
  return from;
}
