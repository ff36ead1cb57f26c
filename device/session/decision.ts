import type { Quality } from "../../models/quality/quality.ts";
import type { Assurance, Decision, Reason } from "../../protocol/messages/contract.ts";
import { type Challenge, type ChallengeRules, metTurns, NOT_ASKED } from "./challenge.ts";
import {
  bareSince,
  comparable,
  type Evidence,
  fusedSimilarity,
  isBare,
  isEdged,
  isNoisy,
  looked,
  type SignCounts,
  textureOf,
} from "./evidence.ts";

/** The rules of one verification. */
export interface Rules {
  /** The lowest comparison score of a match. */
  readonly threshold: number;
  /** From this liveness on, a run is a bona fide presentation; below `attackBelow` it looks like an attack. */
  readonly bonaFideAtLeast: number;
  readonly attackBelow: number;
  /** How much evidence of presence a match needs; default `standard`. */
  readonly assurance?: Assurance;
  /** Whether the person must turn the head; default: never. */
  readonly challenge?: ChallengeRules;
}

/** The evidence of presence by kind, for people who must judge a report. */
export interface SeenEvidence {
  /** The median of the run's frames. */
  readonly texture?: number;
  readonly signs: SignCounts;
  /** Whether the face was between straight edges like those of a screen. */
  readonly edges: boolean;
  /** The requested turns of the head, and those made in time and to the right side. */
  readonly turns: { readonly asked: number; readonly met: number };
}

/** How a verification ended, and with which scores. */
export interface Verdict {
  readonly decision: Decision;
  readonly reason?: Reason;
  readonly detail?: string;
  readonly similarity?: number;
  readonly liveness?: number;
  readonly quality?: Quality;
  readonly evidence?: SeenEvidence;
  readonly frames: { readonly looked: number; readonly used: number };
  /** Whether it may have been an attack. Used only on this device, never in the report. */
  readonly suspected?: boolean;
}

/**
 * A match needs moving eyes in two frames, or a turned head in three, or each of them in one frame. After a turn that was made
 * as asked, one frame with a turned head is enough. A picture may show a sign in one frame by chance, but not again, and not
 * beside another sign. A frame that shows a sign twice as clearly as needed counts as two.
 */
const EYES_NEEDED = 2;
const TURNS_NEEDED = 3;

/**
 * `no_match` needs this many frontal frames in one run, over at least this time, and a score that is clearly below the
 * threshold: a score just below it comes more often from a bad picture than from another person. Each frame was checked for
 * what covers a face, and nothing has covered the face since: a masked face looks like another person.
 */
const DISAGREE_FRAMES = 6;
const DISAGREE_MS = 1_000;
const DISAGREE_TURNED_DEGREES = 15;
const CLEARLY_BELOW = 0.2;
const SHARP = 0.22;
/** A face that moves sideways loses its vertical edges. Below this it is too blurred, and the hint is to hold still. */
const SHARP_ACROSS = 0.42;

/** This many frames must look like an attack before a session is suspected: a face at the picture's edge looks like one. */
const SUSPECT_FRAMES = 10;

/** Whether enough fused frames of the run match the reference, with or without liveness. Pure. */
export function isRecognized({ likest }: Evidence, { threshold }: Rules): boolean {
  return likest !== undefined && likest.similarity >= threshold;
}

/**
 * Whether the evidence shows a present person. `standard`: a bona fide texture, and moving eyes or a turned head. If the texture
 * is in doubt or hidden by noise, or there are edges like those of a screen: moving eyes and a requested turn. `high`: moving
 * eyes, two requested turns, and no such edges. The mouth is never enough. Pure.
 */
function isPresent(evidence: Evidence, rules: Rules, challenge: Challenge = NOT_ASKED): boolean {
  const texture = textureOf(evidence);
  if (texture === undefined) return false;
  const { eyes } = evidence.signs;
  const met = metTurns(challenge);
  const bonaFide = looksBonaFide(evidence, rules);
  if (rules.assurance === "high") return bonaFide && eyes >= EYES_NEEDED && met >= 2;
  if (bonaFide && !isNoisy(evidence)) return isAlive(evidence.signs, met);
  return texture >= doubtfulAtLeast(rules) && eyes >= EYES_NEEDED && met >= 1;
}

function isAlive({ eyes, turn }: SignCounts, met: number): boolean {
  return eyes >= EYES_NEEDED || turn >= TURNS_NEEDED || (turn > 0 && (eyes > 0 || met > 0));
}

/** A texture between both bounds is in doubt. In the lower half of this range, no other evidence is enough. */
function doubtfulAtLeast({ bonaFideAtLeast, attackBelow }: Rules): number {
  return (bonaFideAtLeast + attackBelow) / 2;
}

/** Whether the right person is recognised and only evidence of presence is missing. Pure. */
export function lacksPresence(evidence: Evidence, rules: Rules, challenge: Challenge = NOT_ASKED): boolean {
  return isRecognized(evidence, rules) && textureOf(evidence) !== undefined && !isPresent(evidence, rules, challenge);
}

/** Whether a sign of life is all that is missing when the time is over. Pure. */
export function lacksOnlySigns(evidence: Evidence, rules: Rules, challenge: Challenge = NOT_ASKED): boolean {
  const isPerson = (textureOf(evidence) ?? 0) >= rules.bonaFideAtLeast;
  return isPerson && !isAlive(evidence.signs, metTurns(challenge)) && isRecognized(evidence, rules);
}

/** Whether the run looks like a picture or a screen, as no live session did. Pure. */
export function looksLikeAttack(evidence: Evidence, { attackBelow }: Rules): boolean {
  return evidence.texture.length >= SUSPECT_FRAMES && (textureOf(evidence) ?? 1) < attackBelow;
}

/** The verdict as soon as there is one; otherwise undefined. Pure. */
export function decide(evidence: Evidence, rules: Rules, challenge: Challenge = NOT_ASKED): Verdict | undefined {
  const { likest } = evidence;
  if (likest && isRecognized(evidence, rules)) {
    return isPresent(evidence, rules, challenge) ? conclude("match", likest, evidence, challenge) : undefined;
  }
  const frames = comparable(evidence, DISAGREE_TURNED_DEGREES).filter(
    (frame) => isSharp(frame.quality) && isBare(evidence, frame),
  );
  const lastedMs = (frames.at(-1)?.atMs ?? 0) - bareSince(evidence);
  if (frames.length < DISAGREE_FRAMES || lastedMs < DISAGREE_MS) return undefined;
  if ((textureOf(evidence) ?? 0) < rules.attackBelow) return undefined;
  const similarity = fusedSimilarity(frames);
  if (similarity >= rules.threshold - CLEARLY_BELOW) return undefined;
  const quality = frames.at(-1)?.quality;
  return conclude("no_match", { similarity, frames: frames.length, quality }, evidence, challenge);
}

function isSharp({ sharpness, detailAcross }: Quality): boolean {
  return sharpness >= SHARP && detailAcross >= SHARP_ACROSS;
}

/** The verdict when the time is over without a decision, with the main obstacle. Pure. */
export function concludeLate(evidence: Evidence, rules: Rules, challenge: Challenge = NOT_ASKED): Verdict {
  const attack = looksLikeAttack(evidence, rules);
  // People take left for right. A turn to the wrong side is suspicious only when the picture itself is in doubt.
  const inDoubt = textureOf(evidence) !== undefined && !looksBonaFide(evidence, rules);
  const wrong = challenge.kind === "failed" && challenge.why === "wrong_side" && inDoubt;
  const [reason, detail] = whyLate(evidence, rules, challenge, attack);
  return {
    ...inconclusive(reason, evidence, detail),
    evidence: seenOf(evidence, challenge),
    suspected: attack || wrong,
  };
}

/** Whether the frames look like a person, and not like a picture or a screen. */
function looksBonaFide(evidence: Evidence, { bonaFideAtLeast }: Rules): boolean {
  return (textureOf(evidence) ?? 0) >= bonaFideAtLeast && !isEdged(evidence);
}

type Why = readonly [Reason, string?];

function whyLate(evidence: Evidence, rules: Rules, challenge: Challenge, attack: boolean): Why {
  if (attack) return ["liveness_unproven", "what the camera saw looks like a picture or a screen"];
  if (challenge.kind !== "idle" && challenge.kind !== "done") {
    return ["liveness_unproven", "the head was not turned as asked"];
  }
  if (lacksOnlySigns(evidence, rules, challenge)) return ["liveness_unproven", "no sign of life was seen"];
  if (isRecognized(evidence, rules))
    return ["liveness_unproven", "the picture leaves in doubt whether a person is there"];
  if (looked(evidence.tally) === 0) return ["timeout"];
  const { no_face, two_faces, poor_quality, scored } = evidence.tally;
  const hindrances: readonly (readonly [Reason, number])[] = [
    ["two_faces", two_faces],
    ["no_face", no_face],
    ["poor_quality", poor_quality],
    ["timeout", scored],
  ];
  return [hindrances.reduce((most, one) => (one[1] > most[1] ? one : most))[0]];
}

/** An inconclusive verdict. It has no score, so that nobody uses the score as a verdict. */
export function inconclusive(reason: Reason, evidence: Evidence, detail?: string): Verdict {
  const frames = { looked: looked(evidence.tally), used: 0 };
  return { decision: "inconclusive", reason, frames, ...(detail === undefined ? {} : { detail }) };
}

function seenOf(evidence: Evidence, challenge: Challenge): SeenEvidence {
  const texture = textureOf(evidence);
  const asked = "turn" in challenge ? challenge.turn + 1 : 0;
  return {
    ...(texture === undefined ? {} : { texture }),
    signs: evidence.signs,
    edges: isEdged(evidence),
    turns: { asked, met: metTurns(challenge) },
  };
}

/** The deciding frames, fused to one probe. */
interface Deciding {
  readonly similarity: number;
  readonly frames: number;
  readonly quality: Quality | undefined;
}

function conclude(
  decision: Decision,
  { similarity, frames, quality }: Deciding,
  evidence: Evidence,
  challenge: Challenge,
): Verdict {
  const liveness = textureOf(evidence);
  return {
    decision,
    similarity,
    ...(liveness === undefined ? {} : { liveness }),
    ...(quality === undefined ? {} : { quality }),
    evidence: seenOf(evidence, challenge),
    frames: { looked: looked(evidence.tally), used: frames },
  };
}
