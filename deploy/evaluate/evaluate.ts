import { rateOf, type Scores } from "../../models/forge/measure.ts";
import { readPack } from "../../models/pack.ts";
import { chooseThreshold } from "../../models/threshold.ts";
import { type PoolOptions, runTasks } from "./pool.ts";
import {
  describeGroups,
  describePad,
  describeScores,
  type GroupsReport,
  type LabelledLiveness,
  type MatchingReport,
  type PadReport,
} from "./report.ts";
import type { LabelledSet } from "./sets.ts";
import type { Found, Task } from "./tasks.ts";
import { type Acquired, compare, compareFused, type ReferenceKind, type Roles } from "./templates.ts";

/** A report on comparing, with the scores that pictures are drawn of. */
export interface Matching {
  readonly report: MatchingReport;
  readonly scores: Scores;
}

export interface MatchingOptions extends PoolOptions {
  readonly reference: ReferenceKind;
  /** How many pictures of a person make one probe; 1 where it is left out. */
  readonly probes?: number;
  /** The group of each picture, by its path in the set. */
  readonly groups?: ReadonlyMap<string, string>;
}

/** Measures comparing on a labelled set. Throws ModelError when the pack cannot be used. */
export async function evaluateMatching(set: LabelledSet, options: MatchingOptions): Promise<Matching> {
  const { manifest } = await readPack(options.pack);
  const { reference } = options;
  const roles = rolesOf(set);
  const tasks = set.samples.map(
    ({ file }, i): Task => ({ kind: "templates", file, reference, roles: roles[i] ?? NEITHER }),
  );
  const found = await runTasks(tasks, options);
  const acquired = found.map((one) => (one?.kind === "templates" ? one.acquired : undefined));
  const { probes = 1 } = options;
  const scores = probes > 1 ? compareFused(set, acquired, probes) : compare(set, acquired);
  const groups = options.groups && groupsOf(set, acquired, options.groups, manifest.thresholds);
  const report: MatchingReport = {
    ...{ set: set.name, pack: `${manifest.id} ${manifest.version}`, reference, probes },
    ...acquisition(set, found, roles),
    ...describeScores(scores, manifest.thresholds),
    ...(groups ? { groups } : {}),
  };
  return { report, scores };
}

const NEITHER: Roles = { reference: false, probe: false };

/** Which of the two each picture is ever compared as. */
function rolesOf({ samples, pairs }: LabelledSet): readonly Roles[] {
  const [references, probes] = [new Set(pairs.map((pair) => pair.reference)), new Set(pairs.map((pair) => pair.probe))];
  return samples.map((_, i) => ({ reference: references.has(i), probe: probes.has(i) }));
}

function acquisition(set: LabelledSet, found: readonly (Found | undefined)[], roles: readonly Roles[]) {
  const looked = found.filter((one) => one !== undefined);
  const missing = found.filter((one, i) => one !== undefined && !hasAll(one, roles[i] ?? NEITHER));
  const unreadable = found.flatMap((one, i) => (one?.kind === "unreadable" ? [set.samples[i]?.path ?? ""] : []));
  return {
    failureToAcquire: rateOf(missing.length, looked.length),
    unreadable,
    ...partial(looked.length, found.length),
  };
}

function hasAll(found: Found, roles: Roles): boolean {
  if (found.kind !== "templates") return false;
  const { reference, probe } = found.acquired;
  return (!roles.reference || reference !== undefined) && (!roles.probe || probe !== undefined);
}

function partial(looked: number, of: number) {
  return looked < of ? { partial: { looked, of } } : {};
}

/** Impostor pairs count within their group only: people who look alike are what a threshold must keep apart. */
function groupsOf(
  set: LabelledSet,
  acquired: readonly (Acquired | undefined)[],
  labels: ReadonlyMap<string, string>,
  thresholds: Parameters<typeof chooseThreshold>[0],
): GroupsReport {
  const groupAt = (index: number) => labels.get(set.samples[index]?.path ?? "");
  const names = [...new Set(labels.values())].sort();
  const scores = new Map(
    names.map((name) => {
      const within = (a: number, b: number) => groupAt(a) === name && groupAt(b) === name;
      return [name, compare(set, acquired, within)] as const;
    }),
  );
  return describeGroups(scores, chooseThreshold(thresholds, 1e-3).similarity);
}

/** Measures presentation attack detection on labelled pictures. Throws ModelError when the pack cannot be used. */
export async function evaluatePad(
  pictures: readonly { readonly file: string; readonly label: string }[],
  options: PoolOptions,
): Promise<{ readonly report: PadReport; readonly seen: readonly LabelledLiveness[] }> {
  const { manifest } = await readPack(options.pack);
  const found = await runTasks(
    pictures.map(({ file }): Task => ({ kind: "liveness", file })),
    options,
  );
  const seen = found.flatMap((one, i): LabelledLiveness[] => {
    const label = pictures[i]?.label ?? "";
    return one ? [{ label, liveness: one.kind === "liveness" ? one.liveness : undefined }] : [];
  });
  const described = describePad(seen, manifest.liveness.bonaFideAtLeast);
  const pack = `${manifest.id} ${manifest.version}`;
  return { report: { pack, ...described, ...partial(seen.length, found.length) }, seen };
}
