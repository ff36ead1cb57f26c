import type { LifeSign } from "../../models/liveness/motion-liveness.ts";
import { type Scored, TEMPLATES_KEPT } from "../../models/pipeline/observation.ts";
import type { Quality } from "../../models/quality/quality.ts";

/** The quality of a good picture, of a face that was looked at for a cover and has none. */
export const GOOD: Quality = {
  interEyeDistancePixels: 60,
  headSize: 0.3,
  headPoseYawDegrees: 0,
  headPosePitchDegrees: 0,
  headPoseRollDegrees: 0,
  sharpness: 0.5,
  underExposure: 0,
  overExposure: 0,
  luminanceMean: 0.5,
  illuminationUniformity: 0.9,
  detailAcross: 0.75,
  noise: 1,
  backgroundLuminance: 0.5,
  leftwardCrop: 3,
  rightwardCrop: 3,
  marginAbove: 1.5,
  marginBelow: 1,
  mouthOcclusion: -0.1,
};

/**
 * A frame that was good enough to be scored, of somebody who moves and looks just as in all frames before unless told
 * otherwise.
 */
export function scored(
  similarity: number,
  liveness = 0.99,
  signs: readonly LifeSign[] = ["eyes"],
  agreement: readonly number[] = ALIKE,
): Scored {
  return { kind: "scored", quality: GOOD, similarity, liveness, signs, agreement };
}

const ALIKE = Array.from({ length: TEMPLATES_KEPT }, () => 1);
