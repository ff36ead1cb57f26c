import type { Quality } from "./quality.ts";

/** The defects of a face picture, named after components of ISO/IEC 29794-5. */
export type Defect =
  | "InterEyeDistance"
  | "HeadPoseYaw"
  | "HeadPosePitch"
  | "HeadPoseRoll"
  | "Sharpness"
  | "UnderExposurePrevention"
  | "OverExposurePrevention"
  | "LeftwardCrop"
  | "RightwardCrop"
  | "MarginAbove"
  | "MarginBelow"
  | "MouthOcclusionPrevention"
  | "FaceOcclusionPrevention";

/** The bounds within which a picture is good enough to be compared. */
export interface QualityProfile {
  readonly minimumInterEyeDistancePixels: number;
  readonly maximumYawDegrees: number;
  readonly maximumPitchDegrees: number;
  readonly maximumRollDegrees: number;
  readonly minimumSharpness: number;
  readonly maximumUnderExposure: number;
  readonly maximumOverExposure: number;
  /** The part of the face that must be inside the picture, in inter-eye (sideways) and eye-to-chin (up, down) distances. */
  readonly minimumSideways: number;
  readonly minimumAbove: number;
  readonly minimumBelow: number;
  readonly maximumMouthOcclusion: number;
  /** Above this shift the landmarks do not fit a whole face, and the face is not compared. */
  readonly maximumLandmarkShift: number;
}

/** A person before the camera: liveness needs a complete face turned less than 30 degrees (MiniFASNet's authors). */
export const LIVE_PROFILE: QualityProfile = {
  minimumInterEyeDistancePixels: 24,
  maximumYawDegrees: 30,
  maximumPitchDegrees: 35,
  maximumRollDegrees: 30,
  minimumSharpness: 0.16,
  maximumUnderExposure: 0.5,
  maximumOverExposure: 0.3,
  minimumSideways: 0.8,
  minimumAbove: 0.3,
  minimumBelow: -0.1,
  maximumMouthOcclusion: 0.09,
  maximumLandmarkShift: 0.09,
};

/**
 * A chip photo is 102×126 pixels, up to 20 years old and cut close, so only useless photos are refused. With eyes 14 to 15
 * pixels apart, 5 to 12 % of the genuine pairs were missed; with 16 to 17 pixels at most 5 %
 * (docs/measurements/matching.md).
 */
export const REFERENCE_PROFILE: QualityProfile = {
  minimumInterEyeDistancePixels: 16,
  maximumYawDegrees: 45,
  maximumPitchDegrees: 45,
  maximumRollDegrees: 45,
  minimumSharpness: 0.02,
  maximumUnderExposure: 0.9,
  maximumOverExposure: 0.9,
  minimumSideways: 0.5,
  minimumAbove: 0,
  minimumBelow: -0.4,
  maximumMouthOcclusion: 1,
  maximumLandmarkShift: 1,
};

/** The defects of a picture. Without defects it can be compared. Pure. */
export function findDefects(quality: Quality, profile: QualityProfile): readonly Defect[] {
  const checks: readonly (readonly [Defect, boolean])[] = [
    ["InterEyeDistance", quality.interEyeDistancePixels < profile.minimumInterEyeDistancePixels],
    ["LeftwardCrop", quality.leftwardCrop < profile.minimumSideways],
    ["RightwardCrop", quality.rightwardCrop < profile.minimumSideways],
    ["MarginAbove", quality.marginAbove < profile.minimumAbove],
    ["MarginBelow", quality.marginBelow < profile.minimumBelow],
    ["UnderExposurePrevention", quality.underExposure > profile.maximumUnderExposure],
    ["OverExposurePrevention", quality.overExposure > profile.maximumOverExposure],
    ["HeadPoseYaw", Math.abs(quality.headPoseYawDegrees) > profile.maximumYawDegrees],
    ["HeadPosePitch", Math.abs(quality.headPosePitchDegrees) > profile.maximumPitchDegrees],
    ["HeadPoseRoll", Math.abs(quality.headPoseRollDegrees) > profile.maximumRollDegrees],
    ["Sharpness", quality.sharpness < profile.minimumSharpness],
    ["MouthOcclusionPrevention", (quality.mouthOcclusion ?? -1) > profile.maximumMouthOcclusion],
    ["FaceOcclusionPrevention", (quality.landmarkShift ?? 0) > profile.maximumLandmarkShift],
  ];
  return checks.flatMap(([defect, found]) => (found ? [defect] : []));
}
