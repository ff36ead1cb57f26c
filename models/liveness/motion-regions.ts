import { INNER } from "./face-patch.ts";
import { medianOf } from "./planar-motion.ts";

/** Where life shows first, within INNER: both eyes and the mouth. */
const LEFT_EYE = { left: 3, top: 7, right: 17, bottom: 17 };
const RIGHT_EYE = { left: 21, top: 7, right: 35, bottom: 17 };
const MOUTH = { left: 10, top: 27, right: 29, bottom: 38 };

/** The brows, and the skin under the eyes. */
const ABOVE_EYES = { left: 3, top: 2, right: 35, bottom: 7 };
const UNDER_EYES = { left: 3, top: 17, right: 35, bottom: 21 };
/** Both corners of the mouth, and the chin's beginning below it. */
const CORNERS = [
  { ...MOUTH, right: 15 },
  { ...MOUTH, left: 24 },
];
const BELOW = { ...MOUTH, top: 36, bottom: INNER.height };

type Region = typeof MOUTH;

/** The median of a squared normal deviate, in variances. */
const MEDIAN_SQUARE = 0.455;

/**
 * Beyond this many standard deviations something lies over the face: no skin between eyes and mouth changes as much by
 * itself, and whatever reaches an eye or the mouth of a photograph, a fingertip, a pen or a glint, lies over skin, too.
 */
const COVERED = 0.8;

/**
 * What a mouth that opens has and a finger that comes up to it has not: lips on either side (`lips`; under a finger 0.55 at
 * most), corners that move with the middle, and less change below than in itself. Shares of the mouth's mean square; of
 * the mouths of the films' men 84 in 100 have the last two, of 57 drawn fingers 3 (ADR 15).
 */
const LIPS_SEEN = 0.65;
const CORNER_AT_LEAST = 0.1;
const BELOW_AT_MOST = 1.2;

/**
 * What eyes that blink or look have and a finger or a pen that comes down to them has not: they change together, no less
 * than the brows, and the skin under them goes along a little. Shares of the greater eye's mean square; of 254 such
 * changes of the films' men 88 in 100 have all three, of 41 drawn ones that a first rule let pass 1 (ADR 15).
 */
const LESSER_AT_LEAST = 0.12;
const ABOVE_AT_MOST = 1.56;
const UNDER_AT_LEAST = 0.0144;

/** How eyes and mouth have changed beyond what the rest of the face has, too, and that rest: in standard deviations. */
export interface Changes {
  readonly eyes: number;
  readonly mouth: number;
  readonly rest: number;
}

/**
 * The changes in what no flat picture explains of a face (`residual`, INNER's pixels; `deviation` of the face's lumas).
 * Noise is everywhere, life is not; twice the rest is taken off, because eyes and lips have more edges than cheeks for the
 * same error of alignment. `lips`: the line between them, see lipLine. Undefined where something lies over the face. Pure.
 */
export function changesOf(residual: Float32Array, deviation: number, lips: number): Changes | undefined {
  if (REST.some((at) => Math.abs(residual[at] as number) > COVERED * deviation)) return undefined;
  const usual = medianOf(squaresOf(residual, BESIDE)) / MEDIAN_SQUARE;
  const beyond = (meanSquare: number) => Math.sqrt(Math.max(0, meanSquare - 2 * usual)) / deviation;
  const mouth = lips >= LIPS_SEEN ? mouthOf(residual) : 0;
  return { eyes: beyond(eyesOf(residual)), mouth: beyond(mouth), rest: Math.sqrt(usual) / deviation };
}

/** How much both eyes have changed; 0 where they have not as eyes do. */
function eyesOf(residual: Float32Array): number {
  const [lesser = 0, greater = 0] = EYES.map((pixels) => meanSquare(residual, pixels)).sort((a, b) => a - b);
  const [above, under] = [meanSquare(residual, BROWS), meanSquare(residual, UNDER)];
  const asEyesDo =
    lesser >= LESSER_AT_LEAST * greater && above <= ABOVE_AT_MOST * greater && under >= UNDER_AT_LEAST * greater;
  return asEyesDo ? greater : 0;
}

/** How much the mouth has changed; 0 where it has not as a mouth does. */
function mouthOf(residual: Float32Array): number {
  const whole = meanSquare(residual, WHOLE_MOUTH);
  const corner = Math.min(...MOUTH_CORNERS.map((pixels) => meanSquare(residual, pixels)));
  const below = meanSquare(residual, BELOW_MOUTH);
  return corner >= CORNER_AT_LEAST * whole && below <= BELOW_AT_MOST * whole ? whole : 0;
}

function meanSquare(residual: Float32Array, pixels: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i++) sum += (residual[pixels[i] as number] as number) ** 2;
  return sum / pixels.length;
}

function squaresOf(residual: Float32Array, pixels: readonly number[]): Float32Array {
  const squares = new Float32Array(pixels.length);
  for (let i = 0; i < squares.length; i++) squares[i] = (residual[pixels[i] as number] as number) ** 2;
  return squares;
}

function pixelsOf({ left, top, right, bottom }: Region): readonly number[] {
  const across = Array.from({ length: right - left }, (_, i) => left + i);
  return Array.from({ length: bottom - top }, (_, i) => across.map((x) => (top + i) * INNER.width + x)).flat();
}

function outside(regions: readonly Region[]): readonly number[] {
  const inside = new Set(regions.flatMap(pixelsOf));
  return Array.from({ length: INNER.width * INNER.height }, (_, at) => at).filter((at) => !inside.has(at));
}

const REGIONS = [LEFT_EYE, RIGHT_EYE, MOUTH];
const EYES = [LEFT_EYE, RIGHT_EYE].map(pixelsOf);
const BROWS = pixelsOf(ABOVE_EYES);
const UNDER = pixelsOf(UNDER_EYES);
const WHOLE_MOUTH = pixelsOf(MOUTH);
const MOUTH_CORNERS = CORNERS.map(pixelsOf);
const BELOW_MOUTH = pixelsOf(BELOW);
const BESIDE = outside(REGIONS);
/** As much, without the pixel around each region: a lid or a lip that moves is not cut off at its edge. */
const REST = outside(
  REGIONS.map(({ left, top, right, bottom }) => ({
    left: left - 1,
    top: top - 1,
    right: right + 1,
    bottom: Math.min(INNER.height, bottom + 1),
  })),
);
