import { basename, dirname, resolve } from "node:path";
import { lateProgressBar, progressBar } from "../../../cli/console/progress.ts";
import { evaluateMatching, type Matching, PROBES } from "../../evaluate/evaluate.ts";
import type { PoolOptions } from "../../evaluate/pictures/pool.ts";
import { openScores } from "../../evaluate/scores/scores-file.ts";
import {
  isLfwList,
  LabelError,
  type LabelledSet,
  readLabels,
  readLfwPairs,
  readPairs,
  readSubjects,
} from "../../evaluate/sets.ts";
import type { EvaluateFlags } from "./flags.ts";

/** The result of comparing a set, and the set. */
export type MatchingOfSet = Matching & { readonly set: LabelledSet };

/** Compares the labelled pictures of the options; undefined where there are none. */
export async function matchingOf(flags: EvaluateFlags, options: PoolOptions): Promise<MatchingOfSet | undefined> {
  const set = await readSet(flags);
  if (!set) return undefined;
  const { reference, worst, probes = flags.pairs ? 1 : PROBES } = flags;
  if (flags.pairs && probes > 1) throw new LabelError("--probes requires --subjects: a pair has one probe");
  if (worst > 0 && !flags.out) throw new LabelError("--worst requires --out, the folder for the drawing");
  const rules = flags.rules ? "device" : "none";
  const groups = flags.groups ? { groups: requireLabelled(set, await readLabels(flags.groups, "group")) } : {};
  const progressBars = { progress: progressBar(set.name), comparing: () => lateProgressBar("comparing") };
  const scores = flags.scores ? openScores(flags.scores, set) : undefined;
  try {
    const observer = scores ? { observer: scores.observe } : {};
    const matching = await evaluateMatching(set, {
      ...options,
      ...groups,
      ...progressBars,
      ...observer,
      ...(flags.eyes ? { eyesApart: flags.eyes } : {}),
      reference,
      probes,
      rules,
      worst,
    });
    return { set, ...matching };
  } finally {
    scores?.close();
  }
}

/** Labels may name more pictures than the set has. If they name none of the set, their paths are wrong. */
function requireLabelled(set: LabelledSet, labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (set.samples.some(({ path }) => labels.has(path))) return labels;
  const [{ path: example = "" } = {}] = set.samples;
  const [label = "nothing"] = labels.keys();
  throw new LabelError(
    `--groups names no picture of ${set.name}: it names ${label}, and paths there are like ${example}`,
  );
}

async function readSet({ subjects, pairs, root }: EvaluateFlags): Promise<LabelledSet | undefined> {
  if (subjects && pairs) throw new LabelError("--subjects and --pairs exclude each other: use one");
  if (subjects) return readSubjects(basename(resolve(subjects)), subjects);
  if (!pairs) return undefined;
  const folder = root ?? dirname(pairs);
  const read = (await isLfwList(pairs)) ? readLfwPairs : readPairs;
  return read(basename(resolve(folder)), pairs, folder);
}
