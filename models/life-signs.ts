import { similarity, type Template } from "./embedder.ts";
import { blur, contrastOf, type FacePatch, INNER, toPatch } from "./face-patch.ts";
import { type Landmarks, leftEye, middleOf, rightEye } from "./landmarks.ts";
import { SAME_PERSON } from "./observation.ts";
import type { Picture, Point } from "./picture.ts";
import { medianOf, type Plane, planeOf, unexplained } from "./plane-motion.ts";

/**
 * Compares each face with the first of its run and says how much eyes and mouth have changed beyond what moving, tilting,
 * lighting and blurring a flat picture explains. It holds one small picture of a face; `forget` overwrites it.
 */
export interface LifeWatch {
  /**
   * The change of this face since the first, in standard deviations of the face's lumas: 0 for a picture of a picture,
   * 0.1 and more once somebody has blinked, spoken or turned. Undefined where it cannot be told: the first faces, one
   * that moves fast, is blurred, is cut by the picture's edge (what lies outside changes as it moves), or cannot be
   * brought together with the first. `within` is the picture's size; `probe` is copied, never kept. Without a
   * probe a run does not begin, and nobody is told from anybody else: ask again with one before a sign counts.
   */
  look(aligned: Picture, landmarks: Landmarks, probe: Template | undefined, within: Extent): number | undefined;
  /** What comes next may be somebody else. */
  forget(): void;
}

/** What counts as a sign of life: twice what any still picture reached that it was chosen on; `npm run spoof` measures it. */
export const LIFE_SIGN_AT_LEAST = 0.08;

/** The middle of a face may move this far from one picture to the next, in inter-eye distances: beyond it is blurred. */
const STEADY = 0.15;
/** A patch's detail must be within this factor of the first one's: blur moves edges, and edges look like life. */
const SAME_DETAIL = 1.18;

interface First {
  readonly plane: Plane;
  readonly deviation: number;
  readonly detail: number;
  readonly template: Template;
}

type Extent = Pick<Picture, "width" | "height">;

/** What is compared of a face, about the middle of the eyes, in inter-eye distances, and a tenth more. */
const COMPARED = { sideways: 1.25, above: 0.9, below: 1.8 };

/** Whether all that is compared lies inside the picture. */
function isWhole(landmarks: Landmarks, within: Extent): boolean {
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  const [ax, ay] = [right.x - left.x, right.y - left.y];
  const middle = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  return [-COMPARED.sideways, COMPARED.sideways].every((u) =>
    [-COMPARED.above, COMPARED.below].every((v) =>
      isInside({ x: middle.x + u * ax - v * ay, y: middle.y + u * ay + v * ax }, within),
    ),
  );
}

function isInside({ x, y }: Point, { width, height }: Extent): boolean {
  return x >= 0 && y >= 0 && x < width && y < height;
}

interface Place {
  readonly middle: Point;
  readonly eyeDistance: number;
}

export function watchForLife(): LifeWatch {
  let first: First | undefined;
  let last: Place | undefined;
  const forget = () => {
    first?.plane.slopes.fill(0);
    first?.template.fill(0);
    first = undefined;
    last = undefined;
  };
  return {
    forget,
    look(aligned, landmarks, probe, within) {
      if (first && probe && similarity(first.template, probe) < SAME_PERSON) forget();
      const place = placeOf(landmarks);
      const steady = last !== undefined && moved(last, place) < STEADY;
      last = place;
      if (!steady || !isWhole(landmarks, within)) return undefined;
      const patch = toPatch(aligned);
      try {
        if (first) return changeSince(first, patch);
        if (probe) first = { plane: planeOf(patch), ...contrastOf(patch), template: Float32Array.from(probe) };
        return undefined;
      } finally {
        patch.lumas.fill(0);
      }
    },
  };
}

function placeOf(landmarks: Landmarks): Place {
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  const middle = middleOf(landmarks, Array.from(landmarks.keys()));
  return { middle, eyeDistance: Math.hypot(right.x - left.x, right.y - left.y) || 1 };
}

function moved(from: Place, to: Place): number {
  return Math.hypot(to.middle.x - from.middle.x, to.middle.y - from.middle.y) / to.eyeDistance;
}

function changeSince({ plane, deviation, detail }: First, patch: FacePatch): number | undefined {
  const blurred = contrastOf(patch).detail / detail;
  if (blurred > SAME_DETAIL || blurred < 1 / SAME_DETAIL) return undefined;
  const residual = unexplained(plane, patch);
  return residual && lifeSignOf(blur(residual, INNER.width, INNER.height), deviation);
}

/** Where life shows first, within INNER: both eyes and the mouth. */
const LIVELY = [
  { left: 3, top: 7, right: 17, bottom: 17 },
  { left: 21, top: 7, right: 35, bottom: 17 },
  { left: 10, top: 27, right: 29, bottom: 38 },
] as const;

/** The median of a squared normal deviate, in variances. */
const MEDIAN_SQUARE = 0.455;

/**
 * The liveliest region's residual beyond what the rest of the face has, too: noise is everywhere, life is not. Twice the
 * rest is taken off, because eyes and lips have more edges than cheeks for the same error of alignment.
 */
function lifeSignOf(residual: Float32Array, deviation: number): number {
  const livelies = LIVELY.map((region) => {
    const squares = pixelsOf(region).map((at) => (residual[at] as number) ** 2);
    return squares.reduce((sum, square) => sum + square, 0) / squares.length;
  });
  const usual = medianOf(Float32Array.from(REST, (at) => (residual[at] as number) ** 2)) / MEDIAN_SQUARE;
  return Math.sqrt(Math.max(0, Math.max(...livelies) - 2 * usual)) / deviation;
}

function pixelsOf({ left, top, right, bottom }: (typeof LIVELY)[number]): readonly number[] {
  const across = Array.from({ length: right - left }, (_, i) => left + i);
  return Array.from({ length: bottom - top }, (_, i) => across.map((x) => (top + i) * INNER.width + x)).flat();
}

const REST = (() => {
  const lively = new Set(LIVELY.flatMap(pixelsOf));
  return Array.from({ length: INNER.width * INNER.height }, (_, at) => at).filter((at) => !lively.has(at));
})();
