import type { Observation } from "../../models/pipeline/observation.ts";
import { type Defect, LIVE_PROFILE } from "../../models/quality/profile.ts";
import type { Quality } from "../../models/quality/quality.ts";
import type { Hint } from "../../protocol/messages/contract.ts";
import { type Light, lightHint } from "./light-advice.ts";

/** What the customer can do about a defect, in the order in which it matters: never two things at once. */
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

/** From the eyes to the chin more than this share of the picture: the face is cut because it is too near. */
const TOO_NEAR_HEAD_SIZE = 0.45;

/** What keeps one observation from being compared, as advice; null when nothing does. Pure. */
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

/** Bare faces that are lit badly, blurred or cut off were taken for covered or turned ones: those causes come first. */
function causeBefore(defect: Defect, defects: readonly Defect[], quality: Quality): Hint | null {
  const holds = !defects.includes("FaceOcclusionPrevention");
  const light = lightHint(quality, holds ? LIGHT : LIGHT_WITHOUT_HOLD);
  if (defect === "OverExposurePrevention") return null;
  if (defect === "InterEyeDistance") return isAtTheSide(quality, holds) ? "move_to_the_middle" : null;
  if (light !== null) return light;
  if (ADVICE.findIndex(([one]) => one === defect) <= SHARPNESS) return null;
  // Cloth has little detail, and landmarks tilt on it: only a bare face that is blurred or tilted keeps them in place.
  const isSure = defect === "MouthOcclusionPrevention" && !holds;
  return placeHint(quality, holds) ?? (isSure ? null : stillHint(quality));
}

const SHARPNESS = ADVICE.findIndex(([one]) => one === "Sharpness");

/**
 * Faces within the bounds that could be better; chosen on half of the people of labelled films, whose frames as they were
 * filmed stay clear of all of them.
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

/** Who moves sideways keeps the edges that lie level, and loses those that stand upright. */
function isBlurred({ sharpness, detailAcross, interEyeDistancePixels }: Quality): boolean {
  if (interEyeDistancePixels < BETTER.sharpAtPixels) return false;
  return sharpness < BETTER.sharpness || detailAcross < BETTER.detailAcross;
}

/** A face that is cut off draws its landmarks into the picture: it is nearer to the edge than they say. */
function isAtTheSide({ leftwardCrop, rightwardCrop }: Quality, holds: boolean): boolean {
  const [near, far] = [Math.min(leftwardCrop, rightwardCrop), Math.max(leftwardCrop, rightwardCrop)];
  if (near < BETTER.sideways) return true;
  return !holds && near < SIDEWAYS_WITHOUT_HOLD.least && far > SIDEWAYS_WITHOUT_HOLD.other * near;
}

/** What would make a face that can be compared a better one; null when nothing is amiss. Pure. */
export function improve(observation: Observation): Hint | null {
  if (observation.kind !== "scored" && observation.kind !== "unchanged") return null;
  const { quality } = observation;
  return lightHint(quality, LIGHT) ?? placeHint(quality, true) ?? stillHint(quality);
}

/** Bounds for somebody who has been looked at for a while in vain: whatever is not at its best. */
const BEST_LIGHT: Light = { dark: 0.3, behind: 0.3, shadow: 0.35, uneven: 0.75 };
const BEST = { rollDegrees: 8, yawDegrees: 10, eyesApart: 2.5 } as const;

/** What to say to somebody of whom nothing more is learnt: something is always said. Pure. */
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

/** What is said since when, and what the last frames would have said. Times are those of frames. */
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
 * Advice must hold for so long of the last moments before it is given: one frame between that sees something else does
 * not begin it anew. It is then shown so long at least: people read slower than frames come.
 */
const SETTLED_MS = 700;
const MOMENTS_MS = 1_200;
const SHOWN_MS = 1_500;
/** So long may nothing be said while nothing is decided. */
export const SILENCE_MS = 2_000;

/** Takes one more frame's advice into account; `instead` is said when there was silence for too long. Pure. */
export function guide(guidance: Guidance, advice: Hint | null, instead: Hint, atMs: number): Guidance {
  const advised = [...recent(guidance.advised, atMs), { advice, fromMs: atMs }];
  const saidAtMs = guidance.saidAtMs ?? atMs;
  const noted = { said: guidance.said, saidAtMs, advised };
  const [longest, heldMs] = longestHeld(advised, atMs);
  if (noted.said === null && atMs - saidAtMs >= SILENCE_MS) return sayNow(noted, advice ?? longest ?? instead, atMs);
  if (noted.said !== null && atMs - saidAtMs < SHOWN_MS) return noted;
  // Silence after words means progress; where there is none, the words stay.
  return heldMs >= SETTLED_MS ? sayNow(noted, longest, atMs) : noted;
}

/** What was advised in the last moments; the first may have begun before them. */
function recent(advised: readonly Advised[], atMs: number): readonly Advised[] {
  return advised.filter((_, i) => (advised[i + 1]?.fromMs ?? atMs) > atMs - MOMENTS_MS);
}

/** The advice that held longest in the last moments, and for how long. */
function longestHeld(advised: readonly Advised[], atMs: number): readonly [Hint | null, number] {
  const held = new Map<Hint | null, number>();
  for (const [i, { advice, fromMs }] of advised.entries()) {
    const untilMs = advised[i + 1]?.fromMs ?? atMs;
    held.set(advice, (held.get(advice) ?? 0) + untilMs - Math.max(fromMs, atMs - MOMENTS_MS));
  }
  return [...held].reduce((most, one) => (one[1] > most[1] ? one : most));
}

/** Says something at once: what is asked for must be done in time. Pure. */
export function sayNow(guidance: Guidance, said: Hint | null, atMs: number): Guidance {
  return said === guidance.said ? guidance : { ...guidance, said, saidAtMs: atMs };
}
