import type { Quality } from "../models/quality.ts";
import type { Observation } from "../models/recognizer.ts";
import type { ChallengeRules } from "./challenge.ts";
import type { Decision, Reason } from "./link/contract.ts";

/** What decides, for one verification. */
export interface Rules {
  /** Comparison scores of at least this are a match. */
  readonly threshold: number;
  /** Liveness of at least this is a bona fide presentation; below `attackBelow` it looks like an attack. */
  readonly bonaFideAtLeast: number;
  readonly attackBelow: number;
  /** A change of the face of at least this is a sign of life; no flat picture reaches it (models/README.md). */
  readonly lifeSignAtLeast: number;
  /** Whether the person is asked to turn the head; not where it is left out. */
  readonly challenge?: ChallengeRules;
}

/** A frame that may decide: good, and surely live. */
export interface LiveFrame {
  readonly similarity: number;
  readonly liveness: number;
  readonly quality: Quality;
  readonly atMs: number;
}

/** How often each kind of frame was seen. */
export interface Tally {
  readonly no_face: number;
  readonly two_faces: number;
  readonly poor_quality: number;
  readonly unproven: number;
  readonly live: number;
}

/** All that a verification remembers of what it saw: the latest unbroken run of live frames, and counts. */
export interface Evidence {
  readonly run: readonly LiveFrame[];
  /** Since when every live frame of the run has scored below the threshold. */
  readonly belowSinceMs: number | undefined;
  /** Signs of life seen in the run. */
  readonly lifeSigns: number;
  readonly tally: Tally;
  /** Frames that looked like an attack. */
  readonly suspicions: number;
}

/** How a verification ended, and with which scores. */
export interface Verdict {
  readonly decision: Decision;
  readonly reason?: Reason;
  readonly detail?: string;
  readonly similarity?: number;
  readonly liveness?: number;
  readonly quality?: Quality;
  readonly frames: { readonly looked: number; readonly used: number };
  /** Whether somebody may have held a picture before the camera; a matter of this device, never of the report. */
  readonly suspected?: boolean;
}

export const NO_EVIDENCE: Evidence = {
  run: [],
  belowSinceMs: undefined,
  lifeSigns: 0,
  tally: { no_face: 0, two_faces: 0, poor_quality: 0, unproven: 0, live: 0 },
  suspicions: 0,
};

/** This many live frames on end must agree on a match; each suspicious frame before asks for as many again. */
const AGREE_FRAMES = 3;
const SUSPICIONS_COUNTED = 4;

/** A match needs this many signs of life in the same run: a picture of the right person is never one. */
const LIFE_SIGNS = 2;

/** A person is told no only after this many live frames on end, over at least this long. */
const DISAGREE_FRAMES = 6;
const DISAGREE_MS = 1_000;

/** The most frames that any verdict looks back on. */
const RUN_LIMIT = AGREE_FRAMES * (1 + SUSPICIONS_COUNTED);

/**
 * Takes one more frame into account. A frame without the one customer, or one that looks like an attack, breaks the
 * run: what follows may be somebody else. A frame of poor quality or unproven liveness only does not count. Pure.
 */
export function weigh(evidence: Evidence, seen: Observation, rules: Rules, atMs: number): Evidence {
  const { tally } = evidence;
  if (seen.kind === "poor_quality") return { ...evidence, tally: { ...tally, poor_quality: tally.poor_quality + 1 } };
  if (seen.kind !== "scored") return broken({ ...evidence, tally: { ...tally, [seen.kind]: tally[seen.kind] + 1 } });
  if (seen.liveness >= rules.bonaFideAtLeast) return prolonged(evidence, { ...seen, atMs }, rules);
  const unproven = { ...evidence, tally: { ...tally, unproven: tally.unproven + 1 } };
  if (seen.liveness >= rules.attackBelow) return unproven;
  return broken({ ...unproven, suspicions: evidence.suspicions + 1 });
}

/** Whether somebody else may stand there after this frame. Pure. */
export function breaksRun(seen: Observation, { attackBelow }: Pick<Rules, "attackBelow">): boolean {
  return seen.kind === "scored" ? seen.liveness < attackBelow : seen.kind !== "poor_quality";
}

function broken(evidence: Evidence): Evidence {
  return { ...evidence, run: [], belowSinceMs: undefined, lifeSigns: 0 };
}

type Seen = LiveFrame & { readonly lifeSign?: number | undefined };

function prolonged(evidence: Evidence, frame: Seen, { threshold, lifeSignAtLeast }: Rules): Evidence {
  const { similarity, liveness, quality, atMs, lifeSign = 0 } = frame;
  return {
    ...evidence,
    run: [...evidence.run, { similarity, liveness, quality, atMs }].slice(-RUN_LIMIT),
    belowSinceMs: similarity < threshold ? (evidence.belowSinceMs ?? atMs) : undefined,
    lifeSigns: evidence.lifeSigns + (lifeSign >= lifeSignAtLeast ? 1 : 0),
    tally: { ...evidence.tally, live: evidence.tally.live + 1 },
  };
}

/** The frames that agree on a match, when there are enough of them. */
function agreeing({ run, suspicions }: Evidence, { threshold }: Rules): readonly LiveFrame[] | undefined {
  const needed = AGREE_FRAMES * (1 + Math.min(suspicions, SUSPICIONS_COUNTED));
  const latest = run.slice(-needed);
  return run.length >= needed && latest.every((frame) => frame.similarity >= threshold) ? latest : undefined;
}

/** Whether enough frames agree that it is the right person, alive or not. Pure. */
export function agrees(evidence: Evidence, rules: Rules): boolean {
  return agreeing(evidence, rules) !== undefined;
}

/** Whether it is the right person, and nothing but a sign of life is missing. Pure. */
export function isStill(evidence: Evidence, rules: Rules): boolean {
  return evidence.lifeSigns < LIFE_SIGNS && agrees(evidence, rules);
}

/** Whether somebody may be holding a picture before the camera. Pure. */
export function isSuspected(evidence: Evidence, rules: Rules): boolean {
  return evidence.suspicions > 0 || isStill(evidence, rules);
}

/** The verdict as soon as enough live frames agree, otherwise undefined. Pure. */
export function decide(evidence: Evidence, rules: Rules): Verdict | undefined {
  const { threshold } = rules;
  const { run, belowSinceMs } = evidence;
  const agreed = agreeing(evidence, rules);
  if (agreed && evidence.lifeSigns >= LIFE_SIGNS) return conclude("match", agreed, evidence);
  const disagreeing = run.slice(-DISAGREE_FRAMES);
  const disagreed =
    disagreeing.length === DISAGREE_FRAMES && disagreeing.every((frame) => frame.similarity < threshold);
  const lastedMs = (run.at(-1)?.atMs ?? 0) - (belowSinceMs ?? Number.POSITIVE_INFINITY);
  return disagreed && lastedMs >= DISAGREE_MS ? conclude("no_match", disagreeing, evidence) : undefined;
}

/** The verdict when the time is over and nothing was decided: what stood in the way most. Pure. */
export function concludeLate(evidence: Evidence, rules: Rules): Verdict {
  const suspected = isSuspected(evidence, rules);
  if (isStill(evidence, rules)) {
    return { ...inconclusive("liveness_unproven", evidence, "no sign of life was seen"), suspected };
  }
  const { no_face, two_faces, poor_quality, unproven, live } = evidence.tally;
  const hindrances: readonly (readonly [Reason, number])[] = [
    ["two_faces", two_faces],
    ["no_face", no_face],
    ["poor_quality", poor_quality],
    ["liveness_unproven", unproven],
    [evidence.suspicions > 0 ? "liveness_unproven" : "timeout", live],
  ];
  const [reason] = hindrances.reduce((most, one) => (one[1] > most[1] ? one : most));
  return { ...inconclusive(looked(evidence.tally) === 0 ? "timeout" : reason, evidence), suspected };
}

/** An inconclusive ending; it carries no score, so that nobody takes one for a verdict. */
export function inconclusive(reason: Reason, evidence: Evidence, detail?: string): Verdict {
  const frames = { looked: looked(evidence.tally), used: 0 };
  return { decision: "inconclusive", reason, frames, ...(detail === undefined ? {} : { detail }) };
}

function conclude(decision: Decision, deciding: readonly LiveFrame[], evidence: Evidence): Verdict {
  const mean = (value: (frame: LiveFrame) => number) =>
    deciding.reduce((sum, frame) => sum + value(frame), 0) / deciding.length;
  const last = deciding.at(-1);
  return {
    decision,
    suspected: decision === "no_match" && evidence.suspicions > 0,
    similarity: mean((frame) => frame.similarity),
    liveness: mean((frame) => frame.liveness),
    ...(last ? { quality: last.quality } : {}),
    frames: { looked: looked(evidence.tally), used: deciding.length },
  };
}

function looked(tally: Tally): number {
  return Object.values(tally).reduce((sum, count) => sum + count, 0);
}
