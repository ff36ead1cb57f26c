import type { Observation } from "../../models/pipeline/observation.ts";
import type { Hint } from "../../protocol/contract.ts";

/** When a person is asked to turn the head: never, when no sign of life is seen by itself, or each time. */
export type ChallengePolicy = "never" | "if_needed" | "always";

/** The person's own left or right; chosen at random for each verification, so that no film can know it. */
export type Side = "left" | "right";

export interface ChallengeRules {
  readonly policy: ChallengePolicy;
  readonly side: Side;
}

/** How far somebody has come: not asked, to turn, to look back, done. */
export type Challenge = "idle" | "turn" | "return" | "met";

/** What a frame says to a challenge. */
export interface Step {
  readonly observation: Observation;
  /** The run broke with this frame: whoever follows begins anew. */
  readonly broken: boolean;
  /** Enough frames agree that it is the right person. */
  readonly agreed: boolean;
  /** For how long nothing but a sign of life has been missing. */
  readonly stillMs: number;
}

/** Most people show a sign of life within this time, and need neither be asked for one nor suspected for lack of it. */
export const STILL_FOR_LONG_MS = 4_000;
/** A turn that everybody manages, well inside what can still be compared (30 degrees). */
const TURNED_DEGREES = 15;
const FRONTAL_DEGREES = 8;

/**
 * The challenge after one more frame. The turn alone proves nothing, since a tilted photograph seems to turn, too: a match
 * still needs its signs of life, which no flat picture gives. Pure.
 */
export function challenged(challenge: Challenge, step: Step, { policy, side }: ChallengeRules): Challenge {
  if (policy === "never" || step.broken) return "idle";
  // Only a face that was compared is known to be the same person's.
  const isCompared = step.observation.kind === "scored";
  const yaw = yawOf(step.observation) ?? 0;
  switch (challenge) {
    case "idle":
      return step.agreed && (policy === "always" || step.stillMs >= STILL_FOR_LONG_MS) ? "turn" : "idle";
    case "turn":
      return isCompared && towards(side, yaw) >= TURNED_DEGREES ? "return" : "turn";
    case "return":
      return isCompared && Math.abs(yaw) <= FRONTAL_DEGREES ? "met" : "return";
    case "met":
      return "met";
  }
}

/** What to ask for; null when nothing is asked. */
export function promptOf(challenge: Challenge, side: Side): Hint | null {
  if (challenge === "turn") return side === "left" ? "turn_left" : "turn_right";
  return challenge === "return" ? "look_at_the_camera" : null;
}

/** Degrees of turning to the side asked for: a camera does not mirror, so a person's left is the picture's right. */
function towards(side: Side, yawDegrees: number): number {
  return side === "left" ? yawDegrees : -yawDegrees;
}

function yawOf(observation: Observation): number | undefined {
  return "quality" in observation ? observation.quality.headPoseYawDegrees : undefined;
}
