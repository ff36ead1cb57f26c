import { SAME_PERSON } from "../../models/embedding/embedder.ts";
import { type Observation, TEMPLATES_KEPT } from "../../models/pipeline/observation.ts";
import type { Quality } from "../../models/quality/quality.ts";
import type { Decision, Reason } from "../../protocol/contract.ts";
import { type ChallengeRules, STILL_FOR_LONG_MS } from "./challenge.ts";

/** What decides, for one verification. */
export interface Rules {
  /** Comparison scores of at least this are a match. */
  readonly threshold: number;
  /** Liveness of at least this is a bona fide presentation; below `attackBelow` it looks like an attack. */
  readonly bonaFideAtLeast: number;
  readonly attackBelow: number;
  /** A change of the face of at least this is a sign of life; no still that was tried gave two (models/README.md). */
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
  /** How many frames had been scored before it, live or not. */
  readonly place: number;
  /** Comparison scores with the frames scored before it, the newest first. */
  readonly agreement: readonly number[];
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
  /** When the run began; its first frames may be forgotten by now. */
  readonly sinceMs: number | undefined;
  /** Frames scored so far. */
  readonly scored: number;
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
  sinceMs: undefined,
  scored: 0,
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

/** The most frames that any verdict looks back on; the recognizer remembers as many. */
const RUN_LIMIT = Math.min(AGREE_FRAMES * (1 + SUSPICIONS_COUNTED), TEMPLATES_KEPT);

/**
 * Takes one more frame into account. A frame without the one customer, one that looks like an attack, or one that shows
 * somebody unlike the run, breaks it: what follows may be somebody else. A frame of poor quality or unproven liveness only
 * does not count. Pure.
 */
export function weigh(evidence: Evidence, seen: Observation, rules: Rules, atMs: number): Evidence {
  if (seen.kind === "poor_quality") return counted(evidence, "poor_quality");
  if (seen.kind === "unchanged") return counted(evidence, "live");
  if (seen.kind === "too_dark") return broken(counted(evidence, "poor_quality"));
  if (seen.kind !== "scored") return broken(counted(evidence, seen.kind));
  const scored = { ...evidence, scored: evidence.scored + 1 };
  if (seen.liveness >= rules.bonaFideAtLeast)
    return prolonged(scored, { ...seen, atMs, place: evidence.scored }, rules);
  const unproven = counted(scored, "unproven");
  if (seen.liveness >= rules.attackBelow) return unproven;
  return broken({ ...unproven, suspicions: evidence.suspicions + 1 });
}

function counted(evidence: Evidence, as: keyof Tally): Evidence {
  return { ...evidence, tally: { ...evidence.tally, [as]: evidence.tally[as] + 1 } };
}

function broken(evidence: Evidence): Evidence {
  return { ...evidence, run: [], sinceMs: undefined, lifeSigns: 0 };
}

type Seen = LiveFrame & { readonly lifeSign?: number | undefined };

function prolonged(evidence: Evidence, seen: Seen, { lifeSignAtLeast }: Rules): Evidence {
  const { similarity, liveness, quality, atMs, place, agreement, lifeSign = 0 } = seen;
  const frame = { similarity, liveness, quality, atMs, place, agreement };
  const near = evidence.run.filter((earlier) => place - earlier.place <= agreement.length);
  const same = near.length > 0 && near.every((earlier) => agreementOf(earlier, frame) >= SAME_PERSON);
  const { run, sinceMs = atMs, lifeSigns } = same ? { ...evidence, run: near } : broken(evidence);
  const alive = lifeSigns + (lifeSign >= lifeSignAtLeast ? 1 : 0);
  return counted({ ...evidence, run: [...run, frame].slice(-RUN_LIMIT), sinceMs, lifeSigns: alive }, "live");
}

/** The comparison score of two frames of a run. */
function agreementOf(earlier: LiveFrame, later: LiveFrame): number {
  return later.agreement[later.place - earlier.place - 1] ?? -1;
}

/**
 * The comparison score of the reference with all frames taken as one probe: the cosine with the mean of their templates.
 * With unit templates p and the reference r it is Σ r·p / |Σ p|, and |Σ p|² is the sum of all their products, so scores are
 * enough and templates stay where they are. Pure.
 */
export function fusedSimilarity(frames: readonly LiveFrame[]): number {
  const sum = frames.reduce((total, { similarity }) => total + similarity, 0);
  let square = frames.length;
  for (const [i, later] of frames.entries()) {
    for (const earlier of frames.slice(0, i)) square += 2 * agreementOf(earlier, later);
  }
  return sum / Math.sqrt(square);
}

/** Whether there are frames enough, and together they are like the reference, alive or not. Pure. */
function agrees(evidence: Evidence, rules: Rules): boolean {
  return evidence.run.length >= needed(evidence) && isAlike(evidence, rules);
}

function needed({ suspicions }: Evidence): number {
  return AGREE_FRAMES * (1 + Math.min(suspicions, SUSPICIONS_COUNTED));
}

function isAlike({ run }: Evidence, { threshold }: Rules): boolean {
  return run.length > 0 && fusedSimilarity(run) >= threshold;
}

/**
 * Whether it is the right person so far, and nothing but signs of life is missing: the frames that show them will be
 * compared and are enough to agree. Pure.
 */
export function isStill(evidence: Evidence, rules: Rules): boolean {
  const missing = LIFE_SIGNS - evidence.lifeSigns;
  return missing > 0 && evidence.run.length + missing >= needed(evidence) && isAlike(evidence, rules);
}

/** Whether somebody may have held a picture before the camera for all the time there was: not after a glance. Pure. */
export function isSuspected(evidence: Evidence, rules: Rules): boolean {
  return evidence.suspicions > 0 || (evidence.tally.live >= AGREE_FRAMES && isStill(evidence, rules));
}

/**
 * The same of somebody who left before the time was over: people do, and are suspected only if nothing but a sign of life
 * had been missing for long. Pure.
 */
export function isSuspectedOnLeaving({ suspicions }: Evidence, stillMs: number): boolean {
  return suspicions > 0 || stillMs >= STILL_FOR_LONG_MS;
}

/** Whether the right person stands there, so that something can be asked of them. Pure. */
export function isRecognized(evidence: Evidence, rules: Rules): boolean {
  return isStill(evidence, rules) || agrees(evidence, rules);
}

/** The verdict as soon as enough live frames, fused, agree; otherwise undefined. Pure. */
export function decide(evidence: Evidence, rules: Rules): Verdict | undefined {
  const { run, sinceMs, lifeSigns } = evidence;
  if (agrees(evidence, rules)) return lifeSigns >= LIFE_SIGNS ? conclude("match", run, evidence) : undefined;
  const lastedMs = (run.at(-1)?.atMs ?? 0) - (sinceMs ?? Number.POSITIVE_INFINITY);
  if (run.length < DISAGREE_FRAMES || lastedMs < DISAGREE_MS) return undefined;
  return fusedSimilarity(run) < rules.threshold ? conclude("no_match", run, evidence) : undefined;
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
  const last = deciding.at(-1);
  return {
    decision,
    suspected: decision === "no_match" && evidence.suspicions > 0,
    similarity: fusedSimilarity(deciding),
    liveness: deciding.reduce((sum, { liveness }) => sum + liveness, 0) / deciding.length,
    ...(last ? { quality: last.quality } : {}),
    frames: { looked: looked(evidence.tally), used: deciding.length },
  };
}

function looked(tally: Tally): number {
  return Object.values(tally).reduce((sum, count) => sum + count, 0);
}
