import type { Progress } from "../../cli/console/progress.ts";
import type { Manifest } from "../../models/pack/manifest.ts";
import { readPack } from "../../models/pack/pack.ts";
import { chooseThreshold } from "../../models/pack/threshold.ts";
import { type PoolOptions, runTasks } from "./pictures/pool.ts";
import type { Found, Task } from "./pictures/tasks.ts";
import type { Acquired, QualityRules, ReferenceKind } from "./pictures/templates.ts";
import {
  describeGroups,
  describePad,
  describeScores,
  type GroupsReport,
  type LabelledLiveness,
  type MatchingReport,
  type PadReport,
  type PictureProblem,
} from "./report.ts";
import { compareFused, comparePairs } from "./scores/compare.ts";
import { type Observer, scoreAll } from "./scores/comparisons.ts";
import { rateOf, type Scores } from "./scores/error-rates.ts";
import { collectFolds } from "./scores/folds.ts";
import type { Roles } from "./scores/pairs.ts";
import { tallyPeople } from "./scores/people.ts";
import { keepWorst, type WorstPairs } from "./scores/worst.ts";
import { LabelError, type LabelledSet } from "./sets.ts";

/** The number of pictures in a probe: the number of frames that must agree on the device. */
export const PROBES = 3;

/** A report on comparisons, with the scores for the plots. */
export interface Matching {
  readonly report: MatchingReport;
  readonly scores: Scores;
  readonly worst: WorstPairs;
}

export interface MatchingOptions extends PoolOptions {
  readonly reference: ReferenceKind;
  /** The distance of the eyes in a chip's photo, in pixels. Default: as on an ID card. */
  readonly eyesApart?: number;
  /** The number of pictures of a person in a probe. Default: 1. */
  readonly probes?: number;
  /** The quality rules that decide which pictures are compared. Default: the device's. */
  readonly rules?: QualityRules;
  /** The number of worst pairs of each kind to keep. Default: none. */
  readonly worst?: number;
  /** Gets each comparison. */
  readonly observer?: Observer;
  /** Opens the progress bar of the comparisons. */
  readonly comparing?: () => Progress;
  /** The group of each picture, by its path in the set. */
  readonly groups?: ReadonlyMap<string, string>;
}

/**
 * Measures comparisons on a labelled set. Throws ModelError if the pack cannot be used, and LabelError if probes of several
 * pictures are asked for and no subject has two pictures.
 */
export async function evaluateMatching(set: LabelledSet, options: MatchingOptions): Promise<Matching> {
  const { manifest } = await readPack(options.pack);
  const { reference, eyesApart, probes = 1, rules = "device" } = options;
  if (probes > 1 && set.pairs.genuine === 0) throw new LabelError("no subject has a picture besides a reference");
  const how = { reference, rules, ...(eyesApart ? { eyesApart } : {}) };
  const tasks = set.samples.map(({ file }, i): Task => ({ kind: "templates", file, how, roles: set.pairs.rolesOf(i) }));
  const found = await runTasks(tasks, options);
  const acquired = acquisition(set, found);
  const { scores, worst, ...compared } = await compareAll(set, found, options, manifest.thresholds);
  const report: MatchingReport = {
    set: set.name,
    pack: `${manifest.id} ${manifest.version}`,
    reference,
    probes,
    rules,
    ...acquired,
    ...(set.otherFiles ? { otherFiles: set.otherFiles } : {}),
    ...(set.leftOut ? { pairsLeftOut: set.leftOut } : {}),
    ...describeScores(scores, manifest.thresholds),
    ...compared,
  };
  return { report, scores, worst };
}

/** Compares the acquired pictures. An interruption during the acquisition does not end the comparison. */
async function compareAll(
  set: LabelledSet,
  found: readonly (Found | undefined)[],
  { probes = 1, groups: labels, comparing, worst: worstCount = 0, observer, ...options }: MatchingOptions,
  thresholds: Manifest["thresholds"],
) {
  const signal = options.signal?.aborted ? undefined : options.signal;
  const acquired = found.map((one) => (one?.kind === "templates" ? one.acquired : undefined));
  const comparisons = compare(set, acquired, probes);
  const progress = comparing?.();
  const people = tallyPeople(
    set.samples,
    thresholds.map(({ similarity }) => similarity),
  );
  const folds = collectFolds(set.pairs.genuine + set.pairs.impostor);
  const worst = keepWorst(worstCount);
  const observers = [people.observe, folds.observe, worst.observe, ...(observer ? [observer] : [])];
  const scores = await scoreAll(comparisons, { signal, observers, ...(progress ? { progress } : {}) });
  const [compared, of] = [scores.genuine.length + scores.impostor.length, comparisons.genuine + comparisons.impostor];
  const groups = labels && !signal?.aborted && (await groupsOf(set, acquired, labels, { thresholds, probes, signal }));
  const crossValidated = folds.report();
  const left = labels && signal?.aborted ? { groupsLeftOut: true } : {};
  return {
    scores,
    worst: worst.pairs(),
    people: people.rates(),
    ...(crossValidated ? { folds: crossValidated } : {}),
    ...(groups && !signal?.aborted ? { groups } : {}),
    ...left,
    ...(compared < of ? { partialPairs: { compared, of } } : {}),
  };
}

function acquisition(set: LabelledSet, found: readonly (Found | undefined)[]) {
  const looked = found.filter((one) => one !== undefined).length;
  const read = found.flatMap((one, i) =>
    one?.kind === "templates" ? [{ acquired: one.acquired, roles: set.pairs.rolesOf(i) }] : [],
  );
  const missing = read.filter(({ acquired, roles }) => !hasAll(acquired, roles));
  return {
    failureToAcquire: rateOf(missing.length, read.length),
    unreadable: requireReadable(found, (i) => set.samples[i]?.path ?? ""),
    notAcquired: found.flatMap((one, i) =>
      one?.kind === "templates" && one.acquired.problem
        ? [{ path: set.samples[i]?.path ?? "", problem: one.acquired.problem }]
        : [],
    ),
    ...partial(looked, found.length),
  };
}

/** The pictures that could not be read. Throws LabelError if none can be read: then the labels name another folder. */
function requireReadable(
  found: readonly (Found | undefined)[],
  pathOf: (index: number) => string,
): readonly PictureProblem[] {
  const unreadable = found.flatMap((one, i) =>
    one?.kind === "unreadable" ? [{ path: pathOf(i), problem: one.problem }] : [],
  );
  const [first] = unreadable;
  if (!first || unreadable.length < found.length) return unreadable;
  const so = found.length === 1 ? "the one picture cannot" : `none of the ${found.length} pictures can`;
  throw new LabelError(
    `${so} be read, ${first.path} because ${first.problem}; --root says what a CSV's paths are below`,
  );
}

function hasAll({ reference, probe }: Acquired, roles: Roles): boolean {
  return (!roles.reference || reference !== undefined) && (!roles.probe || probe !== undefined);
}

function partial(looked: number, of: number) {
  return looked < of ? { partial: { looked, of } } : {};
}

interface GroupOptions {
  readonly thresholds: Manifest["thresholds"];
  readonly probes: number;
  readonly signal: AbortSignal | undefined;
}

function compare(set: LabelledSet, acquired: readonly (Acquired | undefined)[], probes: number) {
  return probes > 1 ? compareFused(set, acquired, probes) : comparePairs(set.pairs, acquired);
}

/**
 * Impostor pairs count within their group only, because a threshold must separate people who look alike. Groups of which the set has
 * no picture are left out.
 */
async function groupsOf(
  set: LabelledSet,
  acquired: readonly (Acquired | undefined)[],
  labels: ReadonlyMap<string, string>,
  { thresholds, probes, signal }: GroupOptions,
): Promise<GroupsReport> {
  const scores = new Map<string, Scores>();
  const names = new Set(set.samples.flatMap(({ path }) => labels.get(path) ?? []));
  for (const name of [...names].sort()) {
    const within = acquired.map((one, i) => (labels.get(set.samples[i]?.path ?? "") === name ? one : undefined));
    scores.set(name, await scoreAll(compare(set, within, probes), { signal }));
  }
  const unlabelled = set.samples.filter(({ path }) => !labels.has(path)).length;
  return { ...describeGroups(scores, chooseThreshold(thresholds, 1e-3).similarity), unlabelled };
}

/** Measures presentation attack detection on labelled pictures. Throws ModelError if the pack cannot be used. */
export async function evaluatePad(
  pictures: readonly { readonly file: string; readonly label: string }[],
  options: PoolOptions,
): Promise<PadReport> {
  const { manifest } = await readPack(options.pack);
  const found = await runTasks(
    pictures.map(({ file }): Task => ({ kind: "liveness", file })),
    options,
  );
  const unreadable = requireReadable(found, (i) => pictures[i]?.file ?? "");
  const seen = found.flatMap((one, i): LabelledLiveness[] => {
    const label = pictures[i]?.label ?? "";
    if (!one || one.kind === "unreadable") return [];
    return [{ label, liveness: one.kind === "liveness" ? one.liveness : undefined }];
  });
  const looked = found.filter((one) => one !== undefined).length;
  const described = describePad(seen, manifest.liveness.bonaFideAtLeast);
  const pack = `${manifest.id} ${manifest.version}`;
  return { pack, ...described, unreadable, ...partial(looked, found.length) };
}
