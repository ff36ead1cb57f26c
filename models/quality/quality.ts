import { eyeDistanceOf, type Landmarks, leftEye, rightEye } from "../detection/landmarks.ts";
import { headPose } from "../detection/pose.ts";
import { type Image, type LumaImage, luma, type Point } from "../imaging/image.ts";
import { faces } from "../native/faces.ts";

/**
 * Quality components of one face picture, named after ISO/IEC 29794-5. They are native measures, not the standard's
 * 0…100 scores: no mapping to those has been validated here.
 */
export interface Quality {
  /** The distance of the eye centres in pixels, corrected for turning (÷ cos yaw). */
  readonly interEyeDistancePixels: number;
  /** From between the eyes to the chin, as a share of the picture's height. */
  readonly headSize: number;
  readonly headPoseYawDegrees: number;
  readonly headPosePitchDegrees: number;
  readonly headPoseRollDegrees: number;
  /** Standard deviation of the Laplacian over that of the luma in the aligned face: 0 is a blur. */
  readonly sharpness: number;
  /** Horizontal by vertical detail of the aligned face. A face that moves sideways loses horizontal detail. */
  readonly detailAcross: number;
  /** The standard deviation of the aligned face's noise, in lumas (Immerkær 1996). Skin and hair count a little, too. */
  readonly noise: number;
  /** Share of the aligned face's pixels with a luma of at most 25. */
  readonly underExposure: number;
  /** Share of the aligned face's pixels with a luma of at least 247. */
  readonly overExposure: number;
  /** The mean luma of the aligned face, 0…1. */
  readonly luminanceMean: number;
  /** The mean luma of the darker half of the face over that of the brighter half, 0…1: 1 is lit evenly. */
  readonly illuminationUniformity: number;
  /** The mean luma of the picture around the face, 0…1. */
  readonly backgroundLuminance: number;
  /** From between the eyes to the picture's left and right edge, in inter-eye distances. */
  readonly leftwardCrop: number;
  readonly rightwardCrop: number;
  /** From between the eyes up, and from the chin down, to the picture's edge, in eye-to-chin distances. */
  readonly marginAbove: number;
  readonly marginBelow: number;
  /** The occlusion of mouth and chin, −1…1 (models/quality/occlusion.ts); undefined if it was not measured. */
  readonly mouthOcclusion?: number | undefined;
  /**
   * The mean shift of the 68 landmarks in a second search at their first position, in eye distances. In a whole face they
   * stay. Undefined if there was no second search.
   */
  readonly landmarkShift?: number | undefined;
}

/** Measures a face: `lumas` are those of the aligned 112×112 face. Pure. */
export function measureQuality(image: Image | LumaImage, landmarks: Landmarks, lumas: Float32Array): Quality {
  const pose = headPose(landmarks);
  const [left, right, chin] = [leftEye(landmarks), rightEye(landmarks), landmarks[8] ?? { x: 0, y: 0 }];
  const eyes = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const eyeDistance = eyeDistanceOf(landmarks);
  const eyeToChin = Math.hypot(chin.x - eyes.x, chin.y - eyes.y) || 1;
  return {
    interEyeDistancePixels: eyeDistance / Math.max(0.5, Math.cos((pose.yawDegrees * Math.PI) / 180)),
    headSize: eyeToChin / image.height,
    headPoseYawDegrees: pose.yawDegrees,
    headPosePitchDegrees: pose.pitchDegrees,
    headPoseRollDegrees: pose.rollDegrees,
    ...measureLight(lumas),
    backgroundLuminance: lumaAround(image, eyes, AROUND * eyeToChin),
    leftwardCrop: eyes.x / eyeDistance,
    rightwardCrop: (image.width - eyes.x) / eyeDistance,
    marginAbove: eyes.y / eyeToChin,
    marginBelow: (image.height - chin.y) / eyeToChin,
  };
}

/** The part of the aligned face that is skin in every face: eyebrows to mouth, without hair and background. */
const INNER = { left: 24, top: 32, right: 88, bottom: 104 };
const INNER_PIXELS = (INNER.right - INNER.left) * (INNER.bottom - INNER.top);

/** ISO/IEC 29794-5 counts lumas of 0…25 as under- and 247…255 as over-exposed. */
const DARK = 25;
const BRIGHT = 247;

/**
 * A second difference of second differences weighs nine pixels by 1, 2 and 4, so noise of σ makes one of 6 σ; the mean size of a
 * normal variable is √(2/π) of its deviation.
 */
const NOISE_OF_DIFFERENCES = Math.sqrt(Math.PI / 2) / 6;

type LightMeasures = Pick<
  Quality,
  "sharpness" | "detailAcross" | "noise" | "underExposure" | "overExposure" | "luminanceMean" | "illuminationUniformity"
>;

function measureLight(lumas: Float32Array): LightMeasures {
  const sums = new Float64Array(11);
  const { left, top, right, bottom } = INNER;
  faces().lightSums(lumas, left, top, right, bottom, DARK, BRIGHT, sums);
  const [sum = 0, squares = 0, leftHalf = 0, dark = 0, bright = 0, across = 0, acrossSquares = 0] = sums;
  const [down = 0, downSquares = 0, edgeSquares = 0, noise = 0] = sums.subarray(7);
  const of = (total: number, ofSquares: number) => deviation({ count: INNER_PIXELS, sum: total, squares: ofSquares });
  return {
    sharpness: of(across + down, edgeSquares) / Math.max(1, of(sum, squares)),
    detailAcross: of(across, acrossSquares) / Math.max(1, of(down, downSquares)),
    noise: (noise / INNER_PIXELS) * NOISE_OF_DIFFERENCES,
    underExposure: dark / INNER_PIXELS,
    overExposure: bright / INNER_PIXELS,
    luminanceMean: sum / INNER_PIXELS / 255,
    illuminationUniformity: evenness(leftHalf, sum - leftHalf),
  };
}

/** INNER has an even width, so both halves have the same number of pixels. */
function evenness(left: number, right: number): number {
  return Math.min(left, right) / Math.max(left, right, 1);
}

/** Pixels up to this distance from the eyes belong to the face, in eye-to-chin distances. */
const AROUND = 1.4;
/**
 * A prime, so that the pixels are not in columns. Of 1280×720 some 3,600 are read: their mean is exact to about one luma. Only the
 * advice on light uses it, and that is for frames of a camera.
 */
const AROUND_STEP = 251;

function lumaAround(image: Image | LumaImage, { x, y }: Point, radius: number): number {
  const [data, colour] = "lumas" in image ? [image.lumas, false] : [image.data, true];
  return faces().lumaAround(data, image.width, image.height, x, y, radius, AROUND_STEP, colour) / 255;
}

function pixelLuma(data: Uint8Array, pixel: number): number {
  return luma(data[pixel * 3] as number, data[pixel * 3 + 1] as number, data[pixel * 3 + 2] as number);
}

/** A picture with a larger share of pixels as dark as DARK is too dark to find anybody. */
const DARK_IMAGE = 0.7;

/** The step between measured pixels. It is a prime, so that they are not in columns. */
const SAMPLE_STEP = 31;

/** Whether a picture is too dark to find anybody in it. Pure. */
export function isDark(image: Image): boolean {
  return shareOf(image, (value) => value <= DARK) > DARK_IMAGE;
}

/** Where a picture is white: everywhere, or behind something dark, which may be a person. */
export type Glare = "everywhere" | "behind";

const WHITE = { everywhere: 0.6, behind: 0.35 } as const;
const SHADOW = { luma: 45, share: 0.08 } as const;

/** Whether a picture is so white that the detector would find nobody, or only the shadow of a person. Pure. */
export function glareOf(image: Image): Glare | undefined {
  const white = shareOf(image, (value) => value >= BRIGHT);
  if (white > WHITE.behind && shareOf(image, (value) => value <= SHADOW.luma) > SHADOW.share) return "behind";
  return white > WHITE.everywhere ? "everywhere" : undefined;
}

/**
 * A picture in focus has edges: at least this share of its pixels differs from a neighbour by this share of the picture's
 * contrast. On half of the labelled films at least 2 % of the pixels do; in blurred frames less than one in a thousand.
 */
const BLURRED = { edge: 0.15, share: 0.004, contrast: 15, reach: 2 } as const;

/** Whether a picture has contrast but no edges: the lens is out of focus or dirty. Pure. */
export function isBlurred({ data, width, height }: Image): boolean {
  const lumas = newSpread();
  const edges: number[] = [];
  const { reach } = BLURRED;
  const at = (i: number) => pixelLuma(data, i);
  for (let i = SAMPLE_STEP; i < width * height; i += SAMPLE_STEP) {
    const x = i % width;
    if (x < reach || x >= width - reach) continue;
    add(lumas, at(i));
    edges.push(Math.abs(at(i - reach) + at(i + reach) - 2 * at(i)));
  }
  const contrast = deviation(lumas);
  if (contrast < BLURRED.contrast) return false;
  const count = edges.filter((edge) => edge > BLURRED.edge * contrast).length;
  return count < BLURRED.share * edges.length;
}

function shareOf({ data, width, height }: Image, is: (value: number) => boolean): number {
  let [count, sampled] = [0, 0];
  for (let i = 0; i < width * height; i += SAMPLE_STEP, sampled++) {
    if (is(pixelLuma(data, i))) count++;
  }
  return count / sampled;
}

/** The sums for the standard deviation of values that are not stored. */
interface Spread {
  count: number;
  sum: number;
  squares: number;
}

function newSpread(): Spread {
  return { count: 0, sum: 0, squares: 0 };
}

function add(spread: Spread, value: number): void {
  spread.count += 1;
  spread.sum += value;
  spread.squares += value * value;
}

function deviation({ count, sum, squares }: Spread): number {
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}
