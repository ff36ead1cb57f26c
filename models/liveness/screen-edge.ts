import type { Landmarks } from "../detection/landmarks.ts";
import type { Image, Point } from "../imaging/image.ts";
import {
  beginsAsEdge,
  isEdge,
  type Line,
  lineOf,
  placeIn,
  type Steps,
  stepsAcross,
  stepsDown,
} from "./straight-lines.ts";
import { PIXELS, type Surroundings, surroundingsOf } from "./surroundings.ts";

/** An upright line reaches from the brows to below the shoulders, here, or to the level line that ends it. In face units. */
const SIDE_DOWN_TO = 3.6;
const SIDE_DOWN_AT_LEAST = 2.9;
/** Head and hair end inside this distance from the face; shoulders end outside. */
const BESIDE_HEAD = 1.2;
const WITHIN_SHOULDERS = 3.3;
/** A level line is below the chin. */
const BELOW_CHIN = 2;

/**
 * How far a line may lean, and how much the leans of two edges of one screen may differ: pixels sideways for each pixel down.
 * Between two leans a line of all rows ends within a pixel of its edge, and a step is seen over two.
 */
const LEAN_STEPS = 10;
const LEAN_STEP = 0.02;
const UNLIKE_STEPS = 4;

/**
 * Whether straight edges beside a face cut off its shoulders or chest. Such an edge is in front of the person; usually it
 * is the edge of a screen or a sheet. Door frames and shelves are behind the person, so the shoulders hide them. Undefined if
 * too little of the picture is below the face. Pure.
 */
export function hasScreenEdges(picture: Image, landmarks: Landmarks): boolean | undefined {
  const around = surroundingsOf(picture, landmarks);
  if (!around || around.below < BELOW_CHIN) return undefined;
  const found = isBetweenEdges(around);
  around.lumas.fill(0);
  return found || around.below >= SIDE_DOWN_AT_LEAST ? found : undefined;
}

function isBetweenEdges(around: Surroundings): boolean {
  const { lumas, width, height } = around;
  const across = stepsAcross(lumas, width, height);
  const left = uprights(across, around, -1);
  const right = left.length === 0 ? [] : uprights(across, around, 1);
  const pairs = left.flatMap((one) => right.filter((other) => isParallel(one, other)).map((other) => ({ one, other })));
  if (pairs.length === 0) return false;
  if (pairs.some(({ one, other }) => cutsShoulders(one, other, around))) return true;
  const lower = levels(stepsDown(lumas, width, height), around);
  return pairs.some(({ one, other }) => lower.some((level) => isClosed(one, other, level)));
}

/** The lines on one side of the face that are an edge from the top to below the chin. */
function uprights(across: Steps, { eyes, inside }: Surroundings, side: -1 | 1): readonly Line[] {
  const chin = rowBelow(eyes, BELOW_CHIN);
  const border = side < 0 ? eyes.x - inside.from : inside.to - eyes.x;
  const found: Line[] = [];
  for (let step = -LEAN_STEPS; step <= LEAN_STEPS; step++) {
    const lean = step * LEAN_STEP;
    // The line is the nearest to the picture's border at one of its ends.
    const outwards = Math.max(-side * lean * eyes.y, side * lean * (chin - eyes.y));
    for (let away = BESIDE_HEAD * PIXELS; away + outwards <= border; away++) {
      const start = eyes.x + side * away - lean * eyes.y;
      if (!beginsAsEdge(across, start, lean, chin)) continue;
      const line = lineOf(across, start, lean);
      if (isEdge(line, 0, chin)) found.push(line);
    }
  }
  return found;
}

function rowBelow(eyes: Point, units: number): number {
  return Math.ceil(eyes.y + units * PIXELS);
}

function isParallel(one: Line, other: Line): boolean {
  return Math.abs(one.lean - other.lean) < (UNLIKE_STEPS + 0.5) * LEAN_STEP;
}

/** Whether two edges reach from the brows to below the shoulders, and are nearer than shoulders are. */
function cutsShoulders(left: Line, right: Line, { eyes, height, below }: Surroundings): boolean {
  if (below < SIDE_DOWN_AT_LEAST) return false;
  const rows = Math.min(height, rowBelow(eyes, SIDE_DOWN_TO));
  const away = Math.max(eyes.x - placeIn(left, rows >> 1), placeIn(right, rows >> 1) - eyes.x);
  return away <= WITHIN_SHOULDERS * PIXELS && isEdge(left, 0, rows) && isEdge(right, 0, rows);
}

/** The level lines that are an edge where the chest is, from below the chin down. */
function levels(down: Steps, { eyes, height }: Surroundings): readonly Line[] {
  const [from, to] = [Math.round(eyes.x - BESIDE_HEAD * PIXELS), Math.round(eyes.x + BESIDE_HEAD * PIXELS)];
  const found: Line[] = [];
  for (let step = -LEAN_STEPS; step <= LEAN_STEPS; step++) {
    const lean = step * LEAN_STEP;
    for (let row = rowBelow(eyes, BELOW_CHIN); row < height - 1; row++) {
      const line = lineOf(down, row - lean * eyes.x, lean);
      if (isEdge(line, from, to)) found.push(line);
    }
  }
  return found;
}

/** Whether a level line connects two edges that reach down to it, at right angles but for the perspective. */
function isClosed(left: Line, right: Line, level: Line): boolean {
  if (Math.abs(level.lean + (left.lean + right.lean) / 2) > (UNLIKE_STEPS + 0.5) * LEAN_STEP) return false;
  const [start, end] = [cornerOf(left, level), cornerOf(right, level)];
  const reach = isEdge(left, 0, start.row) && isEdge(right, 0, end.row);
  return reach && isEdge(level, start.column + CORNER, end.column - CORNER);
}

/** At a corner both lines have their steps. */
const CORNER = 2;

/** Where an upright line meets a level one. */
function cornerOf(upright: Line, level: Line): { readonly row: number; readonly column: number } {
  // x = a + b·y and y = c + d·x.
  const column = (upright.start + upright.lean * level.start) / (1 - upright.lean * level.lean);
  return { row: Math.round(placeIn(level, column)), column: Math.round(column) };
}
