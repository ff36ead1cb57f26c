import type { Observation } from "../../models/pipeline/observation.ts";
import type { Defect } from "../../models/quality/profile.ts";
import type { Hint } from "../../protocol/messages/contract.ts";

/** What the customer can do about a defect, in the order in which it is said: never two things at once. */
const ADVICE: readonly (readonly [Defect, Hint])[] = [
  ["InterEyeDistance", "come_closer"],
  ["UnderExposurePrevention", "more_light"],
  ["OverExposurePrevention", "less_light"],
  ["LeftwardCrop", "move_to_the_middle"],
  ["RightwardCrop", "move_to_the_middle"],
  ["MarginAbove", "move_to_the_middle"],
  ["MarginBelow", "move_to_the_middle"],
  // Before the pose: what landmarks say of a face that they have no hold on is not to be told.
  ["FaceOcclusionPrevention", "uncover_face"],
  ["HeadPoseYaw", "look_at_the_camera"],
  ["HeadPosePitch", "look_at_the_camera"],
  ["HeadPoseRoll", "look_at_the_camera"],
  ["Sharpness", "hold_still"],
  ["MouthOcclusionPrevention", "uncover_face"],
];

/** From the eyes to the chin more than this share of the picture: the face is cut because it is too near. */
const TOO_NEAR_HEAD_SIZE = 0.45;

/** What one observation advises; null when all is well. Pure. */
export function advise(observation: Observation): Hint | null {
  switch (observation.kind) {
    case "no_face":
      return "step_in_front";
    case "too_dark":
      return "more_light";
    case "two_faces":
      return "one_person_only";
    case "scored":
    case "unchanged":
      return null;
    case "poor_quality": {
      const hint = ADVICE.find(([defect]) => observation.defects.includes(defect))?.[1] ?? "hold_still";
      const near = hint === "move_to_the_middle" && observation.quality.headSize > TOO_NEAR_HEAD_SIZE;
      return near ? "move_back" : hint;
    }
  }
}

/** What is being said, and what would be said if it held on. */
export interface Guidance {
  readonly said: Hint | null;
  readonly next: Hint | null;
  readonly times: number;
}

export const SILENT: Guidance = { said: null, next: null, times: 0 };

/** Advice must hold this many frames before it is given, so that words do not flicker. */
const SETTLED = 3;

/** Takes one more frame's advice into account. Pure. */
export function guide(guidance: Guidance, advice: Hint | null): Guidance {
  const times = advice === guidance.next ? guidance.times + 1 : 1;
  return { said: times >= SETTLED ? advice : guidance.said, next: advice, times };
}
