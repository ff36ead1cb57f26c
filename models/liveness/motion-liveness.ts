import { eyeDistanceOf, type Landmarks, leftEye, middleOf, rightEye } from "../detection/landmarks.ts";
import { SAME_PERSON, similarity, type Template } from "../embedding/embedder.ts";
import type { Image, Point } from "../imaging/image.ts";
import { blur, contrastOf, type FacePatch, INNER, toPatch } from "./face-patch.ts";
import { lipLine } from "./lips.ts";
import { lifeSignOf } from "./motion-regions.ts";
import { type Plane, planeOf, unexplained, wipePlane } from "./planar-motion.ts";

/**
 * Compares each face with the first of its run and says how much eyes and mouth have changed beyond what moving, tilting,
 * lighting and blurring a flat picture explains. It holds one small picture of a face; `forget` overwrites it.
 */
export interface MotionLiveness {
  /**
   * The change of this face since the first, in standard deviations of the face's lumas: 0 for a picture of a picture,
   * 0.1 and more once somebody has blinked, spoken or turned. Undefined where it cannot be told: the first faces, one
   * that moves fast, is blurred, is cut by the picture's edge (what lies outside changes as it moves), has something
   * before it, or cannot be brought together with the first. `within` is the picture's size; `probe` is copied, never
   * kept. Without a probe nobody is told from anybody else: ask again with one before a sign counts.
   */
  look(aligned: Image, landmarks: Landmarks, probe: Template | undefined, within: Extent): number | undefined;
  /** Whether there is a first face to compare with; only a face with a probe can become one. */
  begun(): boolean;
  /** What comes next may be somebody else. */
  forget(): void;
}

/** What counts as a sign of life: twice what any still picture reached that it was chosen on; `npm run spoof` measures it. */
export const LIFE_SIGN_AT_LEAST = 0.08;

/** The middle of a face may move this far from one picture to the next, in inter-eye distances: beyond it is blurred. */
const STEADY = 0.15;
/** A patch's detail must be within this factor of the first one's: blur moves edges, and edges look like life. */
const SAME_DETAIL = 1.18;

/** After so many faces on end that cannot be compared with the first the head has turned: another becomes the first. */
const UNTOLD_AT_MOST = 6;

interface First {
  readonly plane: Plane;
  readonly deviation: number;
  readonly detail: number;
  readonly template: Template;
  /** The line of its lips; see lipLine. */
  readonly lips: number;
}

type Extent = Pick<Image, "width" | "height">;

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

export function motionLiveness(): MotionLiveness {
  let first: First | undefined;
  let last: Place | undefined;
  let untold = 0;
  const drop = () => {
    if (first) wipePlane(first.plane);
    first?.template.fill(0);
    [first, untold] = [undefined, 0];
  };
  const forget = () => {
    drop();
    last = undefined;
  };
  const compare = (known: First, patch: FacePatch, lips: number) => {
    const sign = changeSince(known, patch, Math.min(lips, known.lips));
    untold = sign === undefined ? untold + 1 : 0;
    if (untold >= UNTOLD_AT_MOST) drop();
    return sign;
  };
  return {
    forget,
    begun: () => first !== undefined,
    look(aligned, landmarks, probe, within) {
      if (first && probe && similarity(first.template, probe) < SAME_PERSON) forget();
      const place = placeOf(landmarks);
      const steady = last !== undefined && moved(last, place) < STEADY;
      last = place;
      if (!steady || !isWhole(landmarks, within)) return undefined;
      const patch = toPatch(aligned);
      try {
        const lips = lipLine(aligned);
        if (first) return compare(first, patch, lips);
        if (probe) first = { plane: planeOf(patch), ...contrastOf(patch), lips, template: Float32Array.from(probe) };
        return undefined;
      } finally {
        patch.lumas.fill(0);
      }
    },
  };
}

function placeOf(landmarks: Landmarks): Place {
  return { middle: middleOf(landmarks, Array.from(landmarks.keys())), eyeDistance: eyeDistanceOf(landmarks) };
}

function moved(from: Place, to: Place): number {
  return Math.hypot(to.middle.x - from.middle.x, to.middle.y - from.middle.y) / to.eyeDistance;
}

function changeSince({ plane, deviation, detail }: First, patch: FacePatch, lips: number): number | undefined {
  const sharper = contrastOf(patch).detail / detail;
  if (sharper > SAME_DETAIL || sharper < 1 / SAME_DETAIL) return undefined;
  const residual = unexplained(plane, patch);
  if (!residual) return undefined;
  const blurred = blur(residual, INNER.width, INNER.height);
  const sign = lifeSignOf(blurred, deviation, lips);
  for (const rest of [residual, blurred]) rest.fill(0);
  return sign;
}
