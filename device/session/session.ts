import { breaksRun, type Observation, type Wanted } from "../../models/pipeline/observation.ts";
import type { ReferenceProblem } from "../../models/pipeline/recognizer.ts";
import type { Hint } from "../../protocol/messages/contract.ts";
import { type Challenge, type ChallengeRules, challenged, NOT_ASKED, promptOf } from "./challenge.ts";
import {
  concludeLate,
  decide,
  inconclusive,
  isRecognized,
  lacksPresence,
  type Rules,
  type Verdict,
} from "./decision.ts";
import { type Evidence, hasMedian, NO_EVIDENCE, textureOf, weigh } from "./evidence.ts";
import { advise, encourage, type Guidance, guide, improve, request, SILENT } from "./guidance.ts";

/** The state of one verification. */
export type SessionState =
  | { readonly kind: "enrolling" }
  | {
      readonly kind: "looking";
      readonly evidence: Evidence;
      readonly guidance: Guidance;
      /** The time since which only evidence of presence has been missing. */
      readonly waitingSinceMs?: number | undefined;
      readonly challenge?: Challenge;
    }
  | { readonly kind: "ended"; readonly verdict: Verdict };

/** An event of a verification. */
export type SessionEvent =
  | { readonly kind: "enrolled" }
  | { readonly kind: "reference_unusable"; readonly problem: ReferenceProblem | "no_picture"; readonly detail: string }
  | { readonly kind: "observed"; readonly observation: Observation; readonly atMs: number }
  | { readonly kind: "camera_lost"; readonly detail: string }
  | { readonly kind: "device_fault"; readonly detail: string }
  | { readonly kind: "stopped"; readonly because: "cancelled" | "declined" | "interrupted" }
  | { readonly kind: "deadline" };

export const STARTED: SessionState = { kind: "enrolling" };

/** The state after an event. Pure. An ended session does not change any more, so there is exactly one verdict. */
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
      return ended(inconclusive(event.because, evidence));
    case "deadline":
      return ended(concludeLate(evidence, rules, state.kind === "looking" ? state.challenge : undefined));
  }
}

/**
 * What the next frame must be analysed for. A recognised person stays recognised, and is compared again only with a sign of
 * life, when the head comes back from a requested turn, or if the texture is in doubt. Pure.
 */
export function wantedOf(state: SessionState, rules: Rules): Wanted {
  if (state.kind !== "looking" || rules.assurance === "high" || !isRecognized(state.evidence, rules)) return "all";
  if (state.challenge?.kind === "returning") return "all";
  if ((textureOf(state.evidence) ?? 0) >= rules.bonaFideAtLeast) return "signs";
  return hasMedian(state.evidence) ? "all" : "liveness";
}

/** The current hint for the customer; null without one. */
export function hintOf(state: SessionState): Hint | null {
  return state.kind === "looking" ? state.guidance.said : null;
}

/** In this time plus the time until a hint is shown, most people blink or move by themselves. */
const STILL_MS = 500;

type Looking = Extract<SessionState, { kind: "looking" }>;
type Observed = Extract<SessionEvent, { kind: "observed" }>;

function observed(state: Looking, { observation, atMs }: Observed, rules: Rules): SessionState {
  const evidence = weigh(state.evidence, observation, atMs);
  const before = state.challenge ?? NOT_ASKED;
  const waiting = lacksPresence(evidence, rules, before);
  const waitingSinceMs = waiting ? (state.waitingSinceMs ?? atMs) : undefined;
  const waitedMs = atMs - (waitingSinceMs ?? atMs);
  const asked = askedOf(rules);
  const broken = breaksRun(observation) || evidence.sinceMs !== state.evidence.sinceMs;
  const recognized = isRecognized(evidence, rules);
  const challenge = challenged(before, { observation, atMs, broken, recognized, waitedMs }, asked);
  const verdict = decide(evidence, rules, challenge);
  if (asked.policy === "always" && challenge.kind === "failed") return ended(concludeLate(evidence, rules, challenge));
  if (verdict && !(verdict.decision === "match" && asked.policy === "always" && challenge.kind !== "done")) {
    return ended(verdict);
  }
  const patience = waitedMs >= STILL_MS ? missing(evidence, rules, observation) : null;
  const passive = advise(observation) ?? improve(observation) ?? patience;
  const prompt = promptFor(challenge, asked, observation);
  const guidance =
    prompt === null
      ? guide(state.guidance, passive, encourage(observation), atMs)
      : request(state.guidance, prompt, atMs);
  return { kind: "looking", evidence, guidance, waitingSinceMs, challenge };
}

/** The hint for a recognised person: a better picture if the texture is in doubt, otherwise to move. */
function missing(evidence: Evidence, { bonaFideAtLeast }: Rules, observation: Observation): Hint {
  return (textureOf(evidence) ?? 1) < bonaFideAtLeast ? encourage(observation) : "move_a_little";
}

const NEVER_ASKED: ChallengeRules = { policy: "never", sides: [] };

/** High assurance always needs a challenge. */
function askedOf({ challenge = NEVER_ASKED, assurance }: Rules): ChallengeRules {
  return assurance === "high" ? { ...challenge, policy: "always" } : challenge;
}

/** A turned head is requested here, so it is no defect. Hints about other defects come first. */
function promptFor(challenge: Challenge, rules: ChallengeRules, observation: Observation): Hint | null {
  const advice = advise(observation);
  const turned = advice === "look_at_the_camera" || advice === "hold_head_straight";
  return advice === null || turned ? promptOf(challenge, rules) : null;
}

function ended(verdict: Verdict): SessionState {
  return { kind: "ended", verdict };
}
