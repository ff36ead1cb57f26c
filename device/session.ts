import type { Observation } from "../models/observation.ts";
import type { ReferenceProblem } from "../models/recognizer.ts";
import {
  concludeLate,
  decide,
  type Evidence,
  inconclusive,
  isStill,
  isSuspected,
  NO_EVIDENCE,
  type Rules,
  type Verdict,
  weigh,
} from "./decision.ts";
import { type Guidance, guide, SILENT } from "./guidance.ts";
import type { Hint } from "./link/contract.ts";

/** Where one verification stands. */
export type SessionState =
  | { readonly kind: "enrolling" }
  | {
      readonly kind: "looking";
      readonly evidence: Evidence;
      readonly guidance: Guidance;
      /** Since when nothing but a sign of life has been missing. */
      readonly stillSinceMs?: number | undefined;
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
      return ended({ ...inconclusive(event.because, evidence), suspected: isSuspected(evidence, rules) });
    case "deadline":
      return ended(concludeLate(evidence, rules));
  }
}

/** What the customer should hear now; null when there is nothing to say. */
export function hintOf(state: SessionState): Hint | null {
  return state.kind === "looking" ? state.guidance.said : null;
}

/** Most people blink or move by themselves within this time, and need not be asked to. */
const STILL_MS = 1_500;

type Looking = Extract<SessionState, { kind: "looking" }>;
type Observed = Extract<SessionEvent, { kind: "observed" }>;

function observed(state: Looking, { observation, atMs }: Observed, rules: Rules): SessionState {
  const evidence = weigh(state.evidence, observation, rules, atMs);
  const verdict = decide(evidence, rules);
  if (verdict) return ended(verdict);
  const stillSinceMs = isStill(evidence, rules) ? (state.stillSinceMs ?? atMs) : undefined;
  const still = atMs - (stillSinceMs ?? atMs) >= STILL_MS;
  const guidance = guide(state.guidance, observation, still ? "move_a_little" : null);
  return { kind: "looking", evidence, guidance, stillSinceMs };
}

function ended(verdict: Verdict): SessionState {
  return { kind: "ended", verdict };
}
