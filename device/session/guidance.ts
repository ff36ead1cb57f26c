import type { Observation } from "../../models/pipeline/observation.ts";
import { type Defect, LIVE_PROFILE } from "../../models/quality/profile.ts";
import type { Quality } from "../../models/quality/quality.ts";
import type { Hint } from "../../protocol/messages/contract.ts";
import { type Light, lightHint } from "./light-advice.ts";

/** The hint for each defect, the most important first. Only one hint is given at a time. */
const ADVICE: readonly (readonly [Defect, Hint])[] = [
  ["OverExposurePrevention", "less_light"],
  ["UnderExposurePrevention", "more_light"],
  ["InterEyeDistance", "come_closer"],
  ["LeftwardCrop", "move_to_the_middle"],
  ["RightwardCrop", "move_to_the_middle"],
  ["MarginAbove", "move_to_the_middle"],
  ["MarginBelow", "move_to_the_middle"],
  ["Sharpness", "hold_still"],
  // Before the pose: where landmarks do not fit the face, the pose that they give is wrong.
  ["MouthOcclusionPrevention", "uncover_face"],
  ["HeadPoseRoll", "hold_head_straight"],
  ["HeadPoseYaw", "look_at_the_camera"],
  ["HeadPosePitch", "look_at_the_camera"],
  ["FaceOcclusionPrevention", "look_at_the_camera"],
];

const FOR_NOBODY = {
  nothing: "step_in_front",
  everywhere: "less_light",
  behind: "too_bright_behind",
  blurred: "hold_still",
} as const;

/** If eyes to chin are a larger share of the picture than this, the face is cut because it is too near. */
const TOO_NEAR_HEAD_SIZE = 0.45;

/** The hint for a picture that cannot be compared; null if it can. Pure. */
export function advise(observation: Observation): Hint | null {
  switch (observation.kind) {
    case "no_face":
      return FOR_NOBODY[observation.hidden ?? "nothing"];
    case "too_dark":
      return "more_light";
    case "two_faces":
      return "one_person_only";
    case "scored":
    case "unchanged":
      return null;
    case "poor_quality":
      return forDefects(observation.defects, observation.quality);
  }
}

function forDefects(defects: readonly Defect[], quality: Quality): Hint {
  const [defect, hint] = ADVICE.find(([one]) => defects.includes(one)) ?? ["Sharpness", "hold_still"];
  const cause = causeBefore(defect, defects, quality);
  if (cause !== null) return cause;
  const near = hint === "move_to_the_middle" && quality.headSize > TOO_NEAR_HEAD_SIZE;
  return near ? "move_back" : hint;
}

/** A badly lit, blurred or cut face can look covered or turned, so these causes come first. */
function causeBefore(defect: Defect, defects: readonly Defect[], quality: Quality): Hint | null {
  const holds = !defects.includes("FaceOcclusionPrevention");
  const light = lightHint(quality, holds ? LIGHT : LIGHT_WITHOUT_HOLD);
  if (defect === "OverExposurePrevention") return null;
  if (defect === "InterEyeDistance") return isAtTheSide(quality, holds) ? "move_to_the_middle" : null;
  if (light !== null) return light;
  if (ADVICE.findIndex(([one]) => one === defect) <= SHARPNESS) return null;
  // Cloth has little detail, and landmarks on it tilt. Only an uncovered face that is blurred or tilted has steady landmarks.
  const isSure = defect === "MouthOcclusionPrevention" && !holds;
  return placeHint(quality, holds) ?? (isSure ? null : stillHint(quality));
}

const SHARPNESS = ADVICE.findIndex(([one]) => one === "Sharpness");

/**
 * Bounds for faces that can be compared but could be better. They were chosen on half of the people of labelled films; their
 * unchanged frames are within all bounds.
 */
const LIGHT: Light = { dark: 0.12, behind: 0.4, shadow: 0.2, uneven: 0.5 };
const BETTER = {
  headSize: 0.66,
  sideways: 1.2,
  sharpness: 0.28,
  detailAcross: 0.42,
  sharpAtPixels: 40,
  rollDegrees: 14,
} as const;
/** Where landmarks do not fit a face, these are the first reasons to name. */
const LIGHT_WITHOUT_HOLD: Light = { ...LIGHT, uneven: 0.6 };
const SIDEWAYS_WITHOUT_HOLD = { least: 1.8, other: 3 } as const;

function placeHint(quality: Quality, holds: boolean): Hint | null {
  if (quality.headSize > BETTER.headSize) return "move_back";
  return isAtTheSide(quality, holds) ? "move_to_the_middle" : null;
}

function stillHint(quality: Quality): Hint | null {
  if (isBlurred(quality)) return "hold_still";
  return Math.abs(quality.headPoseRollDegrees) > BETTER.rollDegrees ? "hold_head_straight" : null;
}

/** A sideways motion keeps the horizontal edges and blurs the vertical ones. */
function isBlurred({ sharpness, detailAcross, interEyeDistancePixels }: Quality): boolean {
  if (interEyeDistancePixels < BETTER.sharpAtPixels) return false;
  return sharpness < BETTER.sharpness || detailAcross < BETTER.detailAcross;
}

/** The landmarks of a cut face are moved into the picture, so the face is nearer to the edge than they say. */
function isAtTheSide({ leftwardCrop, rightwardCrop }: Quality, holds: boolean): boolean {
  const [near, far] = [Math.min(leftwardCrop, rightwardCrop), Math.max(leftwardCrop, rightwardCrop)];
  if (near < BETTER.sideways) return true;
  return !holds && near < SIDEWAYS_WITHOUT_HOLD.least && far > SIDEWAYS_WITHOUT_HOLD.other * near;
}

/** The hint that would improve a comparable face; null if it is good. Pure. */
export function improve(observation: Observation): Hint | null {
  if (observation.kind !== "scored" && observation.kind !== "unchanged") return null;
  const { quality } = observation;
  return lightHint(quality, LIGHT) ?? placeHint(quality, true) ?? stillHint(quality);
}

/** Bounds for a person who is observed for some time without a decision: stricter than usual. */
const BEST_LIGHT: Light = { dark: 0.3, behind: 0.3, shadow: 0.35, uneven: 0.75 };
const BEST = { rollDegrees: 8, yawDegrees: 10, eyesApart: 2.5 } as const;

/** The hint for a person without progress. There always is one. Pure. */
export function encourage(observation: Observation): Hint {
  if (observation.kind !== "scored" && observation.kind !== "unchanged") return advise(observation) ?? "hold_still";
  const { quality } = observation;
  const light = lightHint(quality, BEST_LIGHT);
  if (quality.interEyeDistancePixels < BEST.eyesApart * LIVE_PROFILE.minimumInterEyeDistancePixels)
    return "come_closer";
  if (light !== null) return light;
  if (Math.abs(quality.headPoseRollDegrees) > BEST.rollDegrees) return "hold_head_straight";
  return Math.abs(quality.headPoseYawDegrees) > BEST.yawDegrees ? "look_at_the_camera" : "hold_still";
}

/** The current hint with its time, and the hints of the last frames. Times are those of frames. */
export interface Guidance {
  readonly said: Hint | null;
  readonly saidAtMs: number | undefined;
  readonly advised: readonly Advised[];
}

interface Advised {
  readonly advice: Hint | null;
  readonly fromMs: number;
}

export const SILENT: Guidance = { said: null, saidAtMs: undefined, advised: [] };

/**
 * A hint must be right for this share of the last moments before it is shown, so one different frame does not restart it. It is
 * then shown for a minimum time, because people read slower than frames come.
 */
const SETTLED_MS = 700;
const MOMENTS_MS = 1_200;
const SHOWN_MS = 1_500;
/** The longest time without a hint while there is no decision. */
const SILENCE_MS = 2_000;

/** The guidance after the hint of one more frame; `instead` is shown if there was no hint for too long. Pure. */
export function guide(guidance: Guidance, advice: Hint | null, instead: Hint, atMs: number): Guidance {
  const advised = [...recent(guidance.advised, atMs), { advice, fromMs: atMs }];
  const saidAtMs = guidance.saidAtMs ?? atMs;
  const noted = { said: guidance.said, saidAtMs, advised };
  const [longest, heldMs] = longestHeld(advised, atMs);
  if (noted.said === null && atMs - saidAtMs >= SILENCE_MS) return sayNow(noted, advice ?? longest ?? instead, atMs);
  if (noted.said !== null && atMs - saidAtMs < SHOWN_MS) return noted;
  // Removing a hint means progress. Without progress, the hint stays.
  return heldMs >= SETTLED_MS ? sayNow(noted, longest, atMs) : noted;
}

/** The hints of the last moments. The first one may have begun earlier. */
function recent(advised: readonly Advised[], atMs: number): readonly Advised[] {
  return advised.filter((_, i) => (advised[i + 1]?.fromMs ?? atMs) > atMs - MOMENTS_MS);
}

/** The hint that was right for the longest time in the last moments, and this time. */
function longestHeld(advised: readonly Advised[], atMs: number): readonly [Hint | null, number] {
  const held = new Map<Hint | null, number>();
  for (const [i, { advice, fromMs }] of advised.entries()) {
    const untilMs = advised[i + 1]?.fromMs ?? atMs;
    held.set(advice, (held.get(advice) ?? 0) + untilMs - Math.max(fromMs, atMs - MOMENTS_MS));
  }
  return [...held].reduce((most, one) => (one[1] > most[1] ? one : most));
}

/** Shows a request at once, because it has a time limit. What was advised before is over when it ends. Pure. */
export function request(guidance: Guidance, said: Hint, atMs: number): Guidance {
  return { ...sayNow(guidance, said, atMs), advised: [] };
}

function sayNow(guidance: Guidance, said: Hint | null, atMs: number): Guidance {
  return said === guidance.said ? guidance : { ...guidance, said, saidAtMs: atMs };
}
