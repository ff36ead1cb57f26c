import type { Observation } from "../../models/pipeline/observation.ts";
import type { Hint } from "../../protocol/messages/contract.ts";

/** When a person is asked to turn the head: never, when evidence of presence is missing, or each time. */
export type ChallengePolicy = "never" | "if_needed" | "always";

/** The person's own left or right. */
export type Side = "left" | "right";

export interface ChallengeRules {
  readonly policy: ChallengePolicy;
  /** The sides to turn to, in this order. They are chosen at random for each verification, so that no film can know them. */
  readonly sides: readonly Side[];
}

/**
 * The state of a challenge; `turn` counts the turns from 0. There is one try for each turn: with more tries, a film whose head
 * turns all the time would meet the challenge by chance.
 */
export type Challenge =
  | { readonly kind: "idle" }
  | { readonly kind: "turning"; readonly turn: number; readonly sinceMs: number }
  | { readonly kind: "returning"; readonly turn: number; readonly sinceMs: number }
  /** Frontal again after one turn, before the next one is requested. */
  | { readonly kind: "facing"; readonly turn: number; readonly sinceMs: number }
  | { readonly kind: "done"; readonly turn: number }
  /** `met`: the turns that were made as requested before. */
  | { readonly kind: "failed"; readonly turn: number; readonly met: number; readonly why: Failure };

type Failure = "late" | "wrong_side" | "by_itself";

export const NOT_ASKED: Challenge = { kind: "idle" };

/** One frame, for a challenge. */
export interface Step {
  readonly observation: Observation;
  readonly atMs: number;
  /** The run ended with this frame; a new run begins. */
  readonly broken: boolean;
  /** Enough frames show the right person. */
  readonly recognized: boolean;
  /** The time for which only evidence of presence has been missing. */
  readonly waitedMs: number;
}

/**
 * The wait for a sign before somebody is asked for one. On films of people who are asked nothing half show no sign in two
 * seconds. Asking sooner was tried: who turns is sooner, but who is about to blink is asked to turn first.
 */
export const ASK_AFTER_MS = 1_000;
/** Nobody needs longer to hear the prompt and turn. An attacker who searches a film for the right moment does. */
export const TURN_WITHIN_MS = 3_000;
/** Nobody hears the prompt and has turned so soon: this head began to turn before it was asked. */
export const REACTS_AFTER_MS = 300;
/** How long a face must look at the camera between two turns. A person does not turn unasked there; a film may. */
export const FACING_MS = 500;
/** A turn that everybody can do, well inside the 30 degrees that can still be compared. */
const TURNED_DEGREES = 15;
const FRONTAL_DEGREES = 10;

/** The challenge after one more frame. Pure. */
export function challenged(challenge: Challenge, step: Step, rules: ChallengeRules): Challenge {
  if (rules.policy === "never") return NOT_ASKED;
  switch (challenge.kind) {
    case "idle":
      return isDue(step, rules) ? { kind: "turning", turn: 0, sinceMs: step.atMs } : challenge;
    case "turning":
      return turning(challenge, step, rules);
    case "returning":
      return returning(challenge, step, rules);
    case "facing":
      return facing(challenge, step);
    case "done":
    case "failed":
      return challenge;
  }
}

/** Only a frontal face is asked: a face that is turned already might pass by chance. */
function isDue({ observation, recognized, waitedMs }: Step, { policy }: ChallengeRules): boolean {
  if (!recognized || !isFrontal(observation)) return false;
  return policy === "always" || waitedMs >= ASK_AFTER_MS;
}

type Pending = Extract<Challenge, { kind: "turning" | "returning" | "facing" }>;

function turning(challenge: Pending, step: Step, { sides }: ChallengeRules): Challenge {
  const { turn } = challenge;
  const yaw = towards(sides[turn] ?? "left", yawOf(step.observation) ?? 0);
  if (isLate(challenge, step)) return failed(turn, "late");
  if (yaw <= -TURNED_DEGREES) return failed(turn, "wrong_side");
  if (yaw < TURNED_DEGREES) return challenge;
  if (step.atMs - challenge.sinceMs < REACTS_AFTER_MS) return failed(turn, "by_itself");
  return { kind: "returning", turn, sinceMs: step.atMs };
}

/** Only a compared face surely shows the same person, so a turn counts when the face is frontal again. */
function returning(challenge: Pending, step: Step, { sides }: ChallengeRules): Challenge {
  const { turn } = challenge;
  if (isLate(challenge, step)) return failed(turn, "late");
  const { observation } = step;
  if (observation.kind !== "scored" || !isFrontal(observation)) return challenge;
  if (turn + 1 >= sides.length) return { kind: "done", turn };
  return { kind: "facing", turn, sinceMs: step.atMs };
}

function facing(challenge: Pending, step: Step): Challenge {
  const { turn, sinceMs } = challenge;
  if (isLate(challenge, step)) return failed(turn, "late", turn + 1);
  // The head turned before by itself, too.
  if (Math.abs(yawOf(step.observation) ?? 0) >= TURNED_DEGREES) return failed(turn, "by_itself");
  if (step.atMs - sinceMs < FACING_MS || !isFrontal(step.observation)) return challenge;
  return { kind: "turning", turn: turn + 1, sinceMs: step.atMs };
}

function failed(turn: number, why: Failure, met = turn): Challenge {
  return { kind: "failed", turn, met, why };
}

/** The end of a run also ends the try, because another person may have turned. */
function isLate({ sinceMs }: Pending, { atMs, broken }: Step): boolean {
  return broken || atMs - sinceMs > TURN_WITHIN_MS;
}

/** The number of turns that were made as requested, with a frontal face after each. */
export function metTurns(challenge: Challenge): number {
  if (challenge.kind === "idle") return 0;
  if (challenge.kind === "failed") return challenge.met;
  return challenge.kind === "done" || challenge.kind === "facing" ? challenge.turn + 1 : challenge.turn;
}

/** The hint for the current request; null without one. */
export function promptOf(challenge: Challenge, { sides }: ChallengeRules): Hint | null {
  if (challenge.kind === "turning") return sides[challenge.turn] === "right" ? "turn_right" : "turn_left";
  return challenge.kind === "returning" || challenge.kind === "facing" ? "look_at_the_camera" : null;
}

/** The turn to the requested side in degrees. A camera does not mirror, so a person's left is the picture's right. */
function towards(side: Side, yawDegrees: number): number {
  return side === "left" ? yawDegrees : -yawDegrees;
}

function isFrontal(observation: Observation): boolean {
  return Math.abs(yawOf(observation) ?? 90) <= FRONTAL_DEGREES;
}

/**
 * The yaw, but not in the first picture after a jump: there it neither passes nor fails a challenge. If it could still pass
 * one, a film could show both sides quickly.
 */
function yawOf(observation: Observation): number | undefined {
  return "quality" in observation && !observation.jumped ? observation.quality.headPoseYawDegrees : undefined;
}
