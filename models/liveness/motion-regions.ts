import { faces } from "../native/faces.ts";
import { INNER } from "./face-patch.ts";

/** The regions of INNER that show life: both eyes and the mouth. */
const LEFT_EYE = { left: 3, top: 7, right: 17, bottom: 17 };
const RIGHT_EYE = { left: 21, top: 7, right: 35, bottom: 17 };
const MOUTH = { left: 10, top: 27, right: 29, bottom: 38 };

/** The brows, and the skin under the eyes. */
const ABOVE_EYES = { left: 3, top: 2, right: 35, bottom: 7 };
const UNDER_EYES = { left: 3, top: 17, right: 35, bottom: 21 };
/** Both corners of the mouth, and the upper chin. */
const CORNERS = [
  { ...MOUTH, right: 15 },
  { ...MOUTH, left: 24 },
];
const BELOW = { ...MOUTH, top: 36, bottom: INNER.height };

type Region = typeof MOUTH;

/** The median of a squared normal deviate, in variances. */
const MEDIAN_SQUARE = 0.455;

/**
 * If the skin between eyes and mouth changes by more standard deviations than this, something covers the face: skin alone
 * does not change that much. An object that covers an eye or the mouth of a photograph (a fingertip, a pen, a glint) covers
 * skin, too.
 */
const COVERED = 0.8;

/**
 * The marks of a mouth that opens. A finger that reaches the mouth does not have them: the line of the lips is visible
 * (`lips`; under a finger at most 0.55), the corners move with the middle, and the skin below changes little. The last
 * two are shares of the mouth's mean square; 84 of 100 mouths in the films of men have both, and 3 of 57 drawn fingers
 * (ADR 15).
 */
const LIPS_SEEN = 0.65;
const CORNER_AT_LEAST = 0.1;
const BELOW_AT_MOST = 1.2;

/**
 * The marks of eyes that blink or move. A finger or pen that reaches the eyes does not have them: both eyes change, at least
 * as much as the brows, and the skin under them moves slightly. They are shares of the mean square of the eye that changes
 * more. Of 254 such changes in the films of men 88 % have all three; of 41 drawn ones that passed the first rule, 1 has
 * (ADR 15).
 */
const LESSER_AT_LEAST = 0.12;
const ABOVE_AT_MOST = 1.56;
const UNDER_AT_LEAST = 0.0144;

/** The changes of eyes and mouth beyond that of the rest of the face, and the change of the rest: in standard deviations. */
export interface Changes {
  readonly eyes: number;
  readonly mouth: number;
  readonly rest: number;
}

/**
 * The changes in the part of a face that no flat picture explains (`residual`, for the pixels of INNER; `deviation` is the
 * standard deviation of the face's lumas). Noise is everywhere in the face, life is not. Twice the rest is subtracted,
 * because eyes and lips have more edges than cheeks, so the same error of alignment changes them more. `lips`: see lipLine.
 * Undefined if something covers the face. Pure.
 */
export function changesOf(residual: Float32Array, deviation: number, lips: number): Changes | undefined {
  if (faces().largest(residual, REST) > COVERED * deviation) return undefined;
  const usual = faces().medianSquare(residual, BESIDE) / MEDIAN_SQUARE;
  const beyond = (meanSquare: number) => Math.sqrt(Math.max(0, meanSquare - 2 * usual)) / deviation;
  const mouth = lips >= LIPS_SEEN ? mouthOf(residual) : 0;
  return { eyes: beyond(eyesOf(residual)), mouth: beyond(mouth), rest: Math.sqrt(usual) / deviation };
}

/** The change of both eyes; 0 without the marks of eyes. */
function eyesOf(residual: Float32Array): number {
  const [lesser = 0, greater = 0] = [LEFT_EYE, RIGHT_EYE].map((eye) => meanSquare(residual, eye)).sort((a, b) => a - b);
  const [above, under] = [meanSquare(residual, ABOVE_EYES), meanSquare(residual, UNDER_EYES)];
  const asEyesDo =
    lesser >= LESSER_AT_LEAST * greater && above <= ABOVE_AT_MOST * greater && under >= UNDER_AT_LEAST * greater;
  return asEyesDo ? greater : 0;
}

/** The change of the mouth; 0 without the marks of a mouth. */
function mouthOf(residual: Float32Array): number {
  const whole = meanSquare(residual, MOUTH);
  const corner = Math.min(...CORNERS.map((corner) => meanSquare(residual, corner)));
  const below = meanSquare(residual, BELOW);
  return corner >= CORNER_AT_LEAST * whole && below <= BELOW_AT_MOST * whole ? whole : 0;
}

function meanSquare(residual: Float32Array, { left, top, right, bottom }: Region): number {
  return faces().meanSquare(residual, left, top, right, bottom);
}

/** A byte for each pixel of INNER: 1 outside the regions. */
function outside(regions: readonly Region[]): Uint8Array {
  const chosen = new Uint8Array(INNER.width * INNER.height).fill(1);
  for (const { left, top, right, bottom } of regions) {
    for (let y = top; y < bottom; y++) chosen.fill(0, y * INNER.width + left, y * INNER.width + right);
  }
  return chosen;
}

const REGIONS = [LEFT_EYE, RIGHT_EYE, MOUTH];
const BESIDE = outside(REGIONS);
/** All other pixels, except those next to a region: a moving lid or lip can reach over the edge of its region. */
const REST = outside(
  REGIONS.map(({ left, top, right, bottom }) => ({
    left: left - 1,
    top: top - 1,
    right: right + 1,
    bottom: Math.min(INNER.height, bottom + 1),
  })),
);
