import type { Manifest } from "../../models/pack/manifest.ts";
import type { QualityRules } from "./pictures/templates.ts";
import {
  equalErrorRate,
  errorCurve,
  type OperatingPoint,
  type Rate,
  rateOf,
  ratesAt,
  type Scores,
  thresholdFor,
} from "./scores/error-rates.ts";
import type { FoldsReport } from "./scores/folds.ts";
import type { PeopleRates } from "./scores/people.ts";
import { isBonaFideLabel, type PairsLeftOut } from "./sets.ts";

/** Both error rates at a threshold, and the origin of the threshold. */
export interface RatesRow {
  /** `own`: this set's threshold for the wanted FMR. `shipped`: the threshold of the manifest. */
  readonly from: "own" | "shipped";
  readonly wantedFmr: number;
  readonly threshold: number;
  readonly fmr: Rate;
  readonly fnmr: Rate;
  /** Whether the impostor pairs are enough for the wanted rate: 3/n is at most this rate. */
  readonly established: boolean;
}

/** A picture that was not compared, and why. */
export interface PictureProblem {
  readonly path: string;
  readonly problem: string;
}

/** The result of an evaluation of comparisons. */
export interface MatchingReport {
  readonly set: string;
  readonly pack: string;
  readonly reference: string;
  /** The number of pictures in a probe. */
  readonly probes: number;
  /** Whose quality rules decided which pictures were compared. */
  readonly rules: QualityRules;
  /** Pictures without a template, as reference or as probe, and the number of all pictures that could be read. */
  readonly failureToAcquire: Rate;
  /** The number of files in the set's folder that are no pictures which can be read. */
  readonly otherFiles?: number;
  /** The pairs of a list that were not compared, because they say nothing. */
  readonly pairsLeftOut?: PairsLeftOut;
  /** Pictures without a template that are missing or damaged. These are not failures of a camera. */
  readonly unreadable: readonly PictureProblem[];
  /** Pictures without a template: no face, or one that the quality rules refuse. */
  readonly notAcquired: readonly PictureProblem[];
  /** Error rates by person, at each shipped threshold. */
  readonly people: readonly PeopleRates[];
  /** Set where the pairs belong to folds. */
  readonly folds?: FoldsReport;
  readonly pairs: { readonly genuine: number; readonly impostor: number };
  /** Undefined without pairs of both kinds. */
  readonly equalErrorRate: number | undefined;
  readonly rates: readonly RatesRow[];
  readonly curve: readonly OperatingPoint[];
  /** The number of impostor pairs at each similarity, as in a manifest. */
  readonly impostorsReached: Manifest["evaluations"][number]["impostorsReached"];
  readonly groups?: GroupsReport;
  /** Set if the evaluation was interrupted before the groups were compared. */
  readonly groupsLeftOut?: boolean;
  /** Set if the evaluation was interrupted: the number of pictures read. */
  readonly partial?: { readonly looked: number; readonly of: number };
  /** Set if the comparison was interrupted: the number of pairs compared. */
  readonly partialPairs?: { readonly compared: number; readonly of: number };
}

/** Error rates of each group at the shipped threshold, and their ratio. */
export interface GroupsReport {
  /** Pictures of the set without a label; they are in no group. */
  readonly unlabelled: number;
  readonly threshold: number;
  readonly groups: readonly GroupRates[];
  /** The worst group's rate divided by the best's; undefined if the best made no error or there is one group only. */
  readonly worstByBest: { readonly fmr: number | undefined; readonly fnmr: number | undefined };
}

export interface GroupRates {
  readonly group: string;
  readonly fmr: Rate;
  readonly fnmr: Rate;
}

/** The rates in a table, with those of the shipped thresholds. */
const WANTED_FMRS = [1e-2, 1e-3, 1e-4, 1e-5];

function ratesTable(scores: Scores, thresholds: Manifest["thresholds"]): readonly RatesRow[] {
  const established = (fmr: number) => scores.impostor.length > 0 && 3 / scores.impostor.length <= fmr;
  const own = WANTED_FMRS.map((wantedFmr): RatesRow => {
    const threshold = thresholdFor(scores, wantedFmr);
    return { from: "own", wantedFmr, threshold, ...ratesAt(scores, threshold), established: established(wantedFmr) };
  });
  const shipped = thresholds.map(({ fmr, similarity }): RatesRow => {
    const at = ratesAt(scores, similarity);
    return { from: "shipped", wantedFmr: fmr, threshold: similarity, ...at, established: established(fmr) };
  });
  return [...own, ...shipped];
}

/** The report on the scores of a set, without groups and acquisition. Pure. */
export function describeScores(scores: Scores, thresholds: Manifest["thresholds"]) {
  return {
    pairs: { genuine: scores.genuine.length, impostor: scores.impostor.length },
    equalErrorRate: equalErrorRate(scores),
    rates: ratesTable(scores, thresholds),
    curve: errorCurve(scores),
    impostorsReached: reachedTable(scores, thresholds),
  };
}

const SIMILARITIES = [0, 0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6];

function reachedTable(scores: Scores, thresholds: Manifest["thresholds"]) {
  const similarities = new Set([...SIMILARITIES, ...thresholds.map(({ similarity }) => similarity)]);
  return [...similarities]
    .sort((a, b) => a - b)
    .map((similarity): [number, number] => [similarity, ratesAt(scores, similarity).fmr.errors]);
}

/** Compares groups by the scores within each. Pure. */
export function describeGroups(
  scores: ReadonlyMap<string, Scores>,
  threshold: number,
): Omit<GroupsReport, "unlabelled"> {
  const groups = [...scores].map(([group, of]) => ({ group, ...ratesAt(of, threshold) }));
  const ratio = (of: (one: GroupRates) => Rate) => {
    const rates = groups.filter((one) => of(one).trials > 0).map((one) => of(one).rate);
    const [best, worst] = [Math.min(...rates), Math.max(...rates)];
    return rates.length > 1 && best > 0 ? worst / best : undefined;
  };
  return { threshold, groups, worstByBest: { fmr: ratio(({ fmr }) => fmr), fnmr: ratio(({ fnmr }) => fnmr) } };
}

/** The result of an evaluation of presentation attack detection on single pictures (ISO/IEC 30107-3). */
export interface PadReport {
  readonly pack: string;
  /** Pictures with liveness of at least this count as bona fide. */
  readonly threshold: number;
  /** Bona fide presentations classified as attacks. */
  readonly bpcer: Rate;
  /** For each attack species: attack presentations classified as bona fide. */
  readonly apcer: readonly (Rate & { readonly species: string })[];
  /** Pictures without a detected face; they count in neither rate. */
  readonly nonResponses: number;
  readonly unreadable: readonly PictureProblem[];
  readonly partial?: { readonly looked: number; readonly of: number };
}

/** A picture of a PAD set: bona fide (`isBonaFideLabel`) or the attack species, and the measured liveness. */
export interface LabelledLiveness {
  readonly label: string;
  readonly liveness: number | undefined;
}

/** Pure. */
export function describePad(
  seen: readonly LabelledLiveness[],
  threshold: number,
): Omit<PadReport, "pack" | "unreadable"> {
  const answered = seen.flatMap(({ label, liveness }) => (liveness === undefined ? [] : [{ label, liveness }]));
  const rate = (counts: (label: string) => boolean, wrong: (liveness: number) => boolean) => {
    const of = answered.filter(({ label }) => counts(label));
    return rateOf(of.filter(({ liveness }) => wrong(liveness)).length, of.length);
  };
  const species = [...new Set(seen.map(({ label }) => label))].filter((label) => !isBonaFideLabel(label)).sort();
  return {
    threshold,
    bpcer: rate(isBonaFideLabel, (liveness) => liveness < threshold),
    apcer: species.map((one) => ({
      species: one,
      ...rate(
        (label) => label === one,
        (liveness) => liveness >= threshold,
      ),
    })),
    nonResponses: seen.length - answered.length,
  };
}
