import type { Interval } from "../../../models/pack/evaluation.ts";
import { randomOf } from "../../quantise/inputs/random.ts";
import type { Sample } from "../sets.ts";
import type { Observer } from "./comparisons.ts";
import { rateOf } from "./error-rates.ts";

/**
 * Error rates by person at one threshold. In rates by pair, a person with many pictures has most of the pairs. The 95 %
 * intervals resample people (Efron's bootstrap, percentiles), because pairs of one person are not independent.
 */
export interface PeopleRates {
  readonly threshold: number;
  /** People with at least one genuine pair. */
  readonly people: number;
  /** The mean over people of the share of their own pairs that was missed. */
  readonly fnmr: Interval & { readonly rate: number };
  /** The share of impostor pairs that matched; people are resampled as references. */
  readonly fmr: Interval & { readonly rate: number };
}

/** The counts of one person as the reference, at one threshold. */
interface Tally {
  genuine: number;
  missed: number;
  impostor: number;
  matched: number;
}

/** Counts comparisons by the person of the reference. `rates` gives the rates of the counts so far. */
export interface PeopleTally {
  readonly observe: Observer;
  rates(): readonly PeopleRates[];
}

const RESAMPLES = 1000;
const SEED = 19795;

export function tallyPeople(samples: readonly Sample[], thresholds: readonly number[]): PeopleTally {
  const names = [...new Set(samples.map(({ subject }) => subject))];
  const numbers = new Map(names.map((name, i) => [name, i]));
  const personAt = samples.map(({ subject }) => numbers.get(subject) ?? 0);
  const tallies = thresholds.map(() => names.map((): Tally => ({ genuine: 0, missed: 0, impostor: 0, matched: 0 })));
  return {
    observe({ referenceAt, same }, score) {
      for (const [i, threshold] of thresholds.entries()) {
        const tally = tallies[i]?.[personAt[referenceAt] ?? 0];
        if (tally) count(tally, same, score >= threshold);
      }
    },
    rates: () => thresholds.map((threshold, i) => describePeople(threshold, tallies[i] ?? [])),
  };
}

function count(tally: Tally, same: boolean, accepted: boolean): void {
  if (same) {
    tally.genuine += 1;
    if (!accepted) tally.missed += 1;
  } else {
    tally.impostor += 1;
    if (accepted) tally.matched += 1;
  }
}

function describePeople(threshold: number, all: readonly Tally[]): PeopleRates {
  const missing = all.filter(({ genuine }) => genuine > 0).map(({ genuine, missed }) => missed / genuine);
  const tried = all.filter(({ impostor }) => impostor > 0);
  const matchRate = (some: readonly Tally[]) =>
    sum(some.map(({ matched }) => matched)) / Math.max(1, sum(some.map(({ impostor }) => impostor)));
  const fmr = resample(tried, matchRate);
  return {
    threshold,
    people: missing.length,
    fnmr: meanOverPeople(missing),
    fmr: bounded(fmr, sum(tried.map(({ impostor }) => impostor))),
  };
}

/** The mean over people of a share of each one's own trials. */
export function meanOverPeople(shares: readonly number[]): PeopleRates["fnmr"] {
  return bounded(resample(shares, mean), shares.length);
}

/** Resampling finds no errors if there are none. Then the number of trials gives the upper bound. */
function bounded(rate: PeopleRates["fmr"], trials: number): PeopleRates["fmr"] {
  return rate.rate > 0 ? rate : { ...rate, high: rateOf(0, trials).high };
}

/** A statistic of all people, and its 2.5th and 97.5th percentiles over resamples of the same size, drawn with replacement. */
function resample<T>(all: readonly T[], statistic: (some: readonly T[]) => number) {
  const next = randomOf(SEED);
  const draw = () => all[Math.floor(next() * all.length)] as T;
  const drawn = Array.from({ length: RESAMPLES }, () => statistic(all.map(draw))).sort((a, b) => a - b);
  const at = (share: number) => drawn[Math.floor(share * (RESAMPLES - 1))] ?? 0;
  return { rate: statistic(all), low: at(0.025), high: at(0.975) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / Math.max(1, values.length);
}
