import type { Landmarks } from "../detection/landmarks.ts";
import type { Image } from "../imaging/image.ts";
import { areConnected, BELOW_CHIN } from "./lower-edge.ts";
import {
  edgeOf,
  isAlike,
  type Line,
  leansUpTo,
  lineOf,
  mayBeEdge,
  placeIn,
  type Steps,
  stepsAcross,
} from "./straight-lines.ts";
import { BESIDE_HEAD, PIXELS, rowBelow, type Surroundings, surroundingsOf } from "./surroundings.ts";

// Lengths are in face units, from the middle of the eyes.

/** A side begins above the brows and reaches at least to the mouth: on one side a wide screen ends there if it is held askew. */
const SIDE_DOWN_TO = 1.2;
/** Shoulders are wider than this. */
const WITHIN_SHOULDERS = 3.3;
/** Shoulders are above this. Where the picture ends sooner, a side that reaches down to the second bound is enough. */
const BELOW_SHOULDERS = 3.6;
const BELOW_SHOULDERS_AT_LEAST = 2.9;

/**
 * Whether straight edges beside a face cut off its shoulders or chest: two sides that are nearer than shoulders are wide and reach
 * below them, or two sides and a lower edge that connects them. Such edges are in front of the person; usually they are the edges
 * of a screen or a sheet. Door frames and shelves are behind the person, so the shoulders hide them. Undefined if the
 * picture ends before it shows whether sides do so. Pure.
 */
export function hasScreenEdges(picture: Image, landmarks: Landmarks): boolean | undefined {
  const around = surroundingsOf(picture, landmarks, BELOW_CHIN);
  if (!around) return undefined;
  const found = areEdgesBeside(around);
  around.lumas.fill(0);
  return found;
}

function areEdgesBeside(around: Surroundings): boolean | undefined {
  const across = stepsAcross(around.lumas, around.width, around.height);
  const left = sides(across, around, -1);
  const right = left.length === 0 ? [] : sides(across, around, 1);
  across.directions.fill(0);
  if (right.length === 0) return false;
  if (cutShoulders(left, right, around) || areConnected(left, right, around)) return true;
  return around.below >= BELOW_SHOULDERS_AT_LEAST ? false : undefined;
}

/** The lines on one side of the face that may be a screen's. */
function sides(across: Steps, { eyes, tilt, inside }: Surroundings, side: -1 | 1): readonly Line[] {
  const end = rowBelow(eyes, SIDE_DOWN_TO);
  const border = side < 0 ? eyes.x - inside.from : inside.to - eyes.x;
  const found: Line[] = [];
  for (const lean of leansUpTo(tilt)) {
    // At one of its ends a line is nearer to the picture's border than at the eyes.
    const outwards = Math.max(-side * lean * eyes.y, side * lean * (end - eyes.y));
    for (let atEyes = BESIDE_HEAD * PIXELS; atEyes + outwards <= border; atEyes++) {
      const start = eyes.x + side * atEyes - lean * eyes.y;
      if (!mayBeEdge(across, start, lean, 0, end)) continue;
      const line = lineOf(across, start, lean);
      if (edgeOf(line, 0, end) !== 0) found.push(line);
    }
  }
  return found;
}

/** Whether there are two sides, nearer than shoulders are wide, that reach below them. */
function cutShoulders(left: readonly Line[], right: readonly Line[], { eyes, height, below }: Surroundings): boolean {
  if (below < BELOW_SHOULDERS_AT_LEAST) return false;
  const end = Math.min(height, rowBelow(eyes, BELOW_SHOULDERS));
  const isNear = (line: Line) => Math.abs(placeIn(line, end / 2) - eyes.x) <= WITHIN_SHOULDERS * PIXELS;
  const leansOf = (lines: readonly Line[]) => [
    ...new Set(lines.filter((line) => isNear(line) && edgeOf(line, 0, end) !== 0).map(({ lean }) => lean)),
  ];
  const others = leansOf(right);
  return leansOf(left).some((one) => others.some((other) => isAlike(one, other)));
}
