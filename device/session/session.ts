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
import { advise, encourage, type Guidance, guide, improve, SILENT, sayNow } from "./guidance.ts";

/** Where one verification stands. */
export type SessionState =
  | { readonly kind: "enrolling" }
  | {
      readonly kind: "looking";
      readonly evidence: Evidence;
      readonly guidance: Guidance;
      /** Since when nothing but evidence of presence has been missing. */
      readonly waitingSinceMs?: number | undefined;
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
      return ended(inconclusive(event.because, evidence));
    case "deadline":
      return ended(concludeLate(evidence, rules, state.kind === "looking" ? state.challenge : undefined));
  }
}

/**
 * What is still open. Whoever is recognized stays so, and is compared again only with a sign of life, when the head comes
 * back from a turn that was asked for, or where the picture leaves in doubt whether a person is there. Pure.
 */
export function wantedOf(state: SessionState, rules: Rules): Wanted {
  if (state.kind !== "looking" || rules.assurance === "high" || !isRecognized(state.evidence, rules)) return "all";
  if (state.challenge?.kind === "returning") return "all";
  if ((textureOf(state.evidence) ?? 0) >= rules.bonaFideAtLeast) return "signs";
  return hasMedian(state.evidence) ? "all" : "liveness";
}

/** What the customer should hear now; null when there is nothing to say. */
export function hintOf(state: SessionState): Hint | null {
  return state.kind === "looking" ? state.guidance.said : null;
}

/** Most people blink or move by themselves within this time and the time in which a hint settles. */
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
  // What is asked for must be done in time, so it is said at once.
  const guidance =
    prompt === null
      ? guide(state.guidance, passive, encourage(observation), atMs)
      : sayNow(state.guidance, prompt, atMs);
  return { kind: "looking", evidence, guidance, waitingSinceMs, challenge };
}

/** What helps somebody who is recognized: a better picture where it leaves in doubt whether a person is there, or a move. */
function missing(evidence: Evidence, { bonaFideAtLeast }: Rules, observation: Observation): Hint {
  return (textureOf(evidence) ?? 1) < bonaFideAtLeast ? encourage(observation) : "move_a_little";
}

const NEVER_ASKED: ChallengeRules = { policy: "never", sides: [] };

/** Who wants high assurance asks each time. */
function askedOf({ challenge = NEVER_ASKED, assurance }: Rules): ChallengeRules {
  return assurance === "high" ? { ...challenge, policy: "always" } : challenge;
}

/** A turned head is what was asked for, and no fault of the picture; any other fault is said first. */
function promptFor(challenge: Challenge, rules: ChallengeRules, observation: Observation): Hint | null {
  const advice = advise(observation);
  const turned = advice === "look_at_the_camera" || advice === "hold_head_straight";
  return advice === null || turned ? promptOf(challenge, rules) : null;
}

function ended(verdict: Verdict): SessionState {
  return { kind: "ended", verdict };
}
