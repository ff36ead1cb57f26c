import type { Interval } from "../../../models/pack/evaluation.ts";
import { randomOf } from "../../quantise/inputs/random.ts";
import type { Sample } from "../sets.ts";
import type { Observer } from "./comparisons.ts";
import { rateOf } from "./error-rates.ts";
import { countPersonPairs, type PersonPairs } from "./person-pairs.ts";

/** A rate over people. It has no interval where there are fewer than LEAST_PEOPLE. */
export type PersonRate = { readonly rate: number } & Partial<Interval>;

/**
 * Error rates by person at one threshold. In rates by pair, a person with many pictures has most of the pairs. The 95 %
 * intervals resample people (Efron's bootstrap, percentiles), because pairs of one person are not independent.
 */
export interface PeopleRates {
  readonly threshold: number;
  /** People with at least one genuine pair. */
  readonly people: number;
  /** The mean over people of the share of their own pairs that was missed. Undefined without genuine pairs. */
  readonly fnmr: PersonRate | undefined;
  /**
   * The share of impostor pairs that matched. Both people of a pair are resampled. Undefined without impostor pairs. Where none
   * matched, the number of pairs alone gives the upper bound.
   */
  readonly fmr: PersonRate | undefined;
}

/** Counts comparisons by person. `rates` gives the rates of the counts so far. */
export interface PeopleTally {
  readonly observe: Observer;
  rates(): readonly PeopleRates[];
}

/** A resample of fewer people is so often one person that its percentiles say nothing. */
export const LEAST_PEOPLE = 5;
/** The work grows with the square of the number of people. Their percentiles differ little from resample to resample if they are many. */
const RESAMPLES = { few: 1_000, many: 200, manyPeople: 1_000 };
const SEED = 19795;

/** The counts of genuine pairs by person, at one threshold. */
interface Tally {
  genuine: number;
  missed: number;
}

export function tallyPeople(samples: readonly Sample[], thresholds: readonly number[]): PeopleTally {
  const names = [...new Set(samples.map(({ subject }) => subject))];
  const numbers = new Map(names.map((name, i) => [name, i]));
  const personAt = samples.map(({ subject }) => numbers.get(subject) ?? 0);
  const impostors = countPersonPairs(names.length);
  const at = thresholds.map((threshold) => ({
    threshold,
    genuine: names.map((): Tally => ({ genuine: 0, missed: 0 })),
    matched: countPersonPairs(names.length),
  }));
  const tried = new Set<number>();
  return {
    observe({ referenceAt, probeAt: [probe = 0], same }, score) {
      const [person, other] = [personAt[referenceAt] ?? 0, personAt[probe] ?? 0];
      if (!same) {
        impostors.add(person, other);
        tried.add(person).add(other);
      }
      for (const { threshold, genuine, matched } of at) {
        if (same) count(genuine[person], score < threshold);
        else if (score >= threshold) matched.add(person, other);
      }
    },
    rates() {
      const drawn = resamples([...tried], names.length).map((weights) => ({
        weights,
        pairs: impostors.weighted(weights),
      }));
      return at.map(({ threshold, genuine, matched }) => {
        const shares = genuine.filter(({ genuine }) => genuine > 0).map(({ genuine, missed }) => missed / genuine);
        const fmr = matchRate(matched, impostors, drawn, tried.size);
        return { threshold, people: shares.length, fnmr: meanOverPeople(shares), fmr };
      });
    },
  };
}

function count(tally: Tally | undefined, missed: boolean): void {
  if (!tally) return;
  tally.genuine += 1;
  if (missed) tally.missed += 1;
}

/** A resample, and the number of impostor pairs in it. */
interface Drawn {
  readonly weights: Uint16Array;
  readonly pairs: number;
}

function matchRate(matched: PersonPairs, impostors: PersonPairs, drawn: readonly Drawn[], people: number) {
  const trials = impostors.total();
  if (trials === 0) return undefined;
  const rates = drawn.map(({ weights, pairs }) => matched.weighted(weights) / Math.max(1, pairs));
  return bounded(matched.total() / trials, rates, { trials, people });
}

/** The mean over people of a share of each one's own trials. Undefined for nobody. */
export function meanOverPeople(shares: readonly number[]): PersonRate | undefined {
  const people = shares.length;
  if (people === 0) return undefined;
  const mean = (weights: Uint16Array) => shares.reduce((sum, share, i) => sum + share * (weights[i] ?? 0), 0) / people;
  const rates = resamples([...shares.keys()], people).map(mean);
  return bounded(mean(new Uint16Array(people).fill(1)), rates, { trials: people, people });
}

/** Resamples of equal results are equal. Where all results are right or all are wrong, the number of trials gives the bound. */
function bounded(
  rate: number,
  resampled: readonly number[],
  { trials, people }: { readonly trials: number; readonly people: number },
): PersonRate {
  if (people < LEAST_PEOPLE) return { rate };
  const { high: most } = rateOf(0, trials);
  if (rate === 0) return { rate, low: 0, high: most };
  if (rate === 1) return { rate, low: 1 - most, high: 1 };
  const sorted = [...resampled].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { rate, low: at(0.025), high: at(0.975) };
}

/** How often each person is drawn, in resamples of the same size with replacement. */
function resamples(people: readonly number[], size: number): readonly Uint16Array[] {
  const next = randomOf(SEED);
  const length = people.length > RESAMPLES.manyPeople ? RESAMPLES.many : RESAMPLES.few;
  return Array.from({ length }, () => {
    const weights = new Uint16Array(size);
    for (let i = 0; i < people.length; i++) {
      const drawn = people[Math.floor(next() * people.length)] ?? 0;
      weights[drawn] = (weights[drawn] ?? 0) + 1;
    }
    return weights;
  });
}
