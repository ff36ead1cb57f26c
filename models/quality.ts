import { type Landmarks, leftEye, rightEye } from "./landmarks.ts";
import { luma, type Picture } from "./picture.ts";
import { headPose } from "./pose.ts";

/**
 * Quality components of one face picture, named after ISO/IEC 29794-5. They are native measures, not the standard's
 * 0…100 scores: no mapping to those has been validated here.
 */
export interface Quality {
  /** Distance of the eye centres in pixels, made good for turning (÷ cos yaw). */
  readonly interEyeDistancePixels: number;
  /** From between the eyes to the chin, as a share of the picture's height. */
  readonly headSize: number;
  readonly headPoseYawDegrees: number;
  readonly headPosePitchDegrees: number;
  readonly headPoseRollDegrees: number;
  /** Standard deviation of the Laplacian over that of the luma in the aligned face: 0 is a blur. */
  readonly sharpness: number;
  /** Share of the aligned face's pixels with a luma of at most 25. */
  readonly underExposure: number;
  /** Share of the aligned face's pixels with a luma of at least 247. */
  readonly overExposure: number;
  /** From between the eyes to the picture's left and right edge, in inter-eye distances. */
  readonly leftwardCrop: number;
  readonly rightwardCrop: number;
  /** From between the eyes up, and from the chin down, to the picture's edge, in eye-to-chin distances. */
  readonly marginAbove: number;
  readonly marginBelow: number;
  /** How far mouth and chin are hidden, −1…1 (models/occlusion.ts); undefined where it was not measured. */
  readonly mouthOcclusion?: number | undefined;
}

/** Measures a face: `aligned` is the 112×112 face that the embedder sees. Pure. */
export function measureQuality(picture: Picture, landmarks: Landmarks, aligned: Picture): Quality {
  const pose = headPose(landmarks);
  const [left, right, chin] = [leftEye(landmarks), rightEye(landmarks), landmarks[8] ?? { x: 0, y: 0 }];
  const eyes = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const eyeDistance = Math.hypot(right.x - left.x, right.y - left.y) || 1;
  const eyeToChin = Math.hypot(chin.x - eyes.x, chin.y - eyes.y) || 1;
  return {
    interEyeDistancePixels: eyeDistance / Math.max(0.5, Math.cos((pose.yawDegrees * Math.PI) / 180)),
    headSize: eyeToChin / picture.height,
    headPoseYawDegrees: pose.yawDegrees,
    headPosePitchDegrees: pose.pitchDegrees,
    headPoseRollDegrees: pose.rollDegrees,
    ...measureLight(aligned),
    leftwardCrop: eyes.x / eyeDistance,
    rightwardCrop: (picture.width - eyes.x) / eyeDistance,
    marginAbove: eyes.y / eyeToChin,
    marginBelow: (picture.height - chin.y) / eyeToChin,
  };
}

/** The part of the aligned face that is skin in every face: eyebrows to mouth, without hair and background. */
const INNER = { left: 24, top: 32, right: 88, bottom: 104 };

/** ISO/IEC 29794-5 counts lumas of 0…25 as under- and 247…255 as over-exposed. */
const DARK = 25;
const BRIGHT = 247;

function measureLight(aligned: Picture): Pick<Quality, "sharpness" | "underExposure" | "overExposure"> {
  const grey = greyOf(aligned);
  const lumas: number[] = [];
  const edges: number[] = [];
  for (let y = INNER.top; y < INNER.bottom; y++) {
    for (let x = INNER.left; x < INNER.right; x++) {
      const at = y * aligned.width + x;
      lumas.push(grey[at] as number);
      edges.push(laplacian(grey, at, aligned.width));
    }
  }
  return {
    sharpness: deviation(edges) / Math.max(1, deviation(lumas)),
    underExposure: lumas.filter((value) => value <= DARK).length / lumas.length,
    overExposure: lumas.filter((value) => value >= BRIGHT).length / lumas.length,
  };
}

function greyOf({ data, width, height }: Picture): Float32Array {
  const grey = new Float32Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = luma(data[i * 3] as number, data[i * 3 + 1] as number, data[i * 3 + 2] as number);
  }
  return grey;
}

function laplacian(grey: Float32Array, at: number, stride: number): number {
  const sides = [at - 1, at + 1, at - stride, at + stride];
  return sides.reduce((sum, side) => sum + (grey[side] as number), -4 * (grey[at] as number));
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
