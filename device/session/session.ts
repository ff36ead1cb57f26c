import { breaksRun, type Observation } from "../../models/pipeline/observation.ts";
import type { ReferenceProblem } from "../../models/pipeline/recognizer.ts";
import type { Hint } from "../../protocol/contract.ts";
import { type Challenge, type ChallengeRules, challenged, promptOf } from "./challenge.ts";
import {
  concludeLate,
  decide,
  type Evidence,
  inconclusive,
  isRecognized,
  isStill,
  isSuspectedOnLeaving,
  NO_EVIDENCE,
  type Rules,
  type Verdict,
  weigh,
} from "./decision.ts";
import { advise, type Guidance, guide, SILENT } from "./guidance.ts";

/** Where one verification stands. */
export type SessionState =
  | { readonly kind: "enrolling" }
  | {
      readonly kind: "looking";
      readonly evidence: Evidence;
      readonly guidance: Guidance;
      /** Since when nothing but a sign of life has been missing, and for how long at the last frame. */
      readonly stillSinceMs?: number | undefined;
      readonly stillMs?: number;
      readonly challenge?: Challenge;
    }
  | { readonly kind: "ended"; readonly verdict: Verdict };

/** What can happen to it. */
export type SessionEvent =
  | { readonly kind: "enrolled" }
  | { readonly kind: "reference_unusable"; readonly problem: ReferenceProblem | "no_picture"; readonly detail: string }
  | { readonly kind: "observed"; readonly observation: Observation; readonly atMs: number }
  | { readonly kind: "camera_lost"; readonly detail: string }
  | { readonly kind: "device_fault"; readonly detail: string }
  | { readonly kind: "stopped"; readonly because: "cancelled" | "declined" | "interrupted" }
  | { readonly kind: "deadline" };

export const STARTED: SessionState = { kind: "enrolling" };

/** The state after an event. Pure; an ended session stays as it ended, so there is exactly one verdict. */
export function next(state: SessionState, event: SessionEvent, rules: Rules): SessionState {
  if (state.kind === "ended") return state;
  const evidence = state.kind === "looking" ? state.evidence : NO_EVIDENCE;
  switch (event.kind) {
    case "enrolled":
      return { kind: "looking", evidence, guidance: SILENT };
    case "observed":
      return state.kind === "looking" ? observed(state, event, rules) : state;
    case "reference_unusable":
      return ended(inconclusive("reference_unusable", evidence, event.detail || event.problem));
    case "camera_lost":
    case "device_fault":
      return ended(inconclusive(event.kind, evidence, event.detail));
    case "stopped":
      return ended({ ...inconclusive(event.because, evidence), suspected: suspectedWhenStopped(state, event) });
    case "deadline":
      return ended(late(state, evidence, rules));
  }
}

/** A device that is stopped says nothing about the customer. */
function suspectedWhenStopped(state: SessionState, { because }: Stopped): boolean {
  return (
    because !== "interrupted" && state.kind === "looking" && isSuspectedOnLeaving(state.evidence, state.stillMs ?? 0)
  );
}

/** A challenge that was not met is what stood in the way, whatever else did. */
function late(state: SessionState, evidence: Evidence, rules: Rules): Verdict {
  const verdict = concludeLate(evidence, rules);
  const pending = state.kind === "looking" && (state.challenge === "turn" || state.challenge === "return");
  return pending ? { ...verdict, reason: "liveness_unproven", detail: "the head was not turned as asked" } : verdict;
}

/** Whether all that is waited for is a sign of life, so that faces need not be compared without one. Pure. */
export function wantsOnlyLife(state: SessionState, rules: Rules): boolean {
  if (state.kind !== "looking" || state.challenge === "turn" || state.challenge === "return") return false;
  return isStill(state.evidence, rules);
}

/** What the customer should hear now; null when there is nothing to say. */
export function hintOf(state: SessionState): Hint | null {
  return state.kind === "looking" ? state.guidance.said : null;
}

/** Most people blink or move by themselves within this time, and need not be asked to. */
const STILL_MS = 1_500;

type Looking = Extract<SessionState, { kind: "looking" }>;
type Observed = Extract<SessionEvent, { kind: "observed" }>;
type Stopped = Extract<SessionEvent, { kind: "stopped" }>;

function observed(state: Looking, { observation, atMs }: Observed, rules: Rules): SessionState {
  const evidence = weigh(state.evidence, observation, rules, atMs);
  const stillSinceMs = isStill(evidence, rules) ? (state.stillSinceMs ?? atMs) : undefined;
  const stillMs = atMs - (stillSinceMs ?? atMs);
  const asked = rules.challenge ?? NEVER_ASKED;
  const step = {
    observation,
    broken: breaksRun(observation, rules.attackBelow) || evidence.sinceMs !== state.evidence.sinceMs,
    agreed: isRecognized(evidence, rules),
    stillMs,
  };
  const challenge = challenged(state.challenge ?? "idle", step, asked);
  const verdict = decide(evidence, rules);
  if (verdict && !(verdict.decision === "match" && asked.policy === "always" && challenge !== "met")) {
    return ended(verdict);
  }
  const passive = advise(observation) ?? (stillMs >= STILL_MS ? "move_a_little" : null);
  const guidance = guide(state.guidance, promptFor(challenge, asked, observation) ?? passive);
  return { kind: "looking", evidence, guidance, stillSinceMs, stillMs, challenge };
}

const NEVER_ASKED: ChallengeRules = { policy: "never", side: "left" };

/** A turned head is what was asked for, and no fault of the picture; any other fault is said first. */
function promptFor(challenge: Challenge, { side }: ChallengeRules, observation: Observation): Hint | null {
  const advice = advise(observation);
  return advice === null || advice === "look_at_the_camera" ? promptOf(challenge, side) : null;
}

function ended(verdict: Verdict): SessionState {
  return { kind: "ended", verdict };
}
