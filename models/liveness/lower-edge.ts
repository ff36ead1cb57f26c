import {
  type Direction,
  edgeOf,
  isAlike,
  type Line,
  leansUpTo,
  lineOf,
  mayBeEdge,
  placeIn,
  type Steps,
  stepsDown,
} from "./straight-lines.ts";
import { BESIDE_HEAD, PIXELS, rowBelow, type Surroundings } from "./surroundings.ts";

/** Chins are above this, in face units. */
export const BELOW_CHIN = 2.2;

/** Whether a lower edge connects two sides that reach down to it. */
export function areConnected(left: readonly Line[], right: readonly Line[], around: Surroundings): boolean {
  const down = stepsDown(around.lumas, around.width, around.height);
  const found = lowerEdges(down, around).some((lower) => {
    const columns = [left, right].map((some) => corners(some, lower));
    if (columns.some(({ length }) => length === 0)) return false;
    const near = NEAR_ROWS.map((rows) => lineOf(down, lower.start + rows, lower.lean));
    const [from = [], to = []] = columns.map((some, i) =>
      some.map((at) => cornerAt(at, i === 0 ? -1 : 1, near, around)),
    );
    const goesOn = new Set([...from, ...to].flatMap(({ beyond = [] }) => beyond));
    return from.some((one) => to.some((other) => connects(lower, one, other, goesOn)));
  });
  down.directions.fill(0);
  return found;
}

/** The level lines below the chin that are an edge where the chest is. */
function lowerEdges(down: Steps, { eyes, tilt, height }: Surroundings): readonly Line[] {
  const [from, to] = [Math.ceil(eyes.x - BESIDE_HEAD * PIXELS), Math.floor(eyes.x + BESIDE_HEAD * PIXELS)];
  const found: Line[] = [];
  for (const lean of leansUpTo(-tilt)) {
    for (let row = rowBelow(eyes, BELOW_CHIN); row < height - 1; row++) {
      const start = row - lean * eyes.x;
      if (!mayBeEdge(down, start, lean, from, to)) continue;
      const line = lineOf(down, start, lean);
      if (edgeOf(line, from, to) !== 0) found.push(line);
    }
  }
  return found;
}

/** The columns in which sides meet a lower edge at right angles, but for the perspective. */
function corners(some: readonly Line[], lower: Line): readonly number[] {
  const square = some.filter(({ lean }) => isAlike(lean, -lower.lean));
  const met = square.map((side) => ({ side, ...meeting(side, lower) }));
  return [...new Set(met.filter(({ side, row }) => edgeOf(side, 0, row) !== 0).map(({ column }) => column))];
}

/** x = a + b·y on the side, y = c + d·x on the lower edge. */
function meeting(side: Line, lower: Line): { readonly row: number; readonly column: number } {
  const column = (side.start + side.lean * lower.start) / (1 - side.lean * lower.lean);
  return { row: Math.round(placeIn(lower, column)), column: Math.round(column) };
}

/** Where a side meets a lower edge. */
interface Corner {
  readonly column: number;
  /** The directions in which the lower edge goes on beyond the corner; undefined if the picture ends there. */
  readonly beyond: readonly Direction[] | undefined;
}

/** In a corner the steps of both lines are mixed. */
const MIXED = 2;
/** The length of a lower edge beyond a corner that shows whether it goes on. */
const BEYOND = 8;
/** A line that leans a little otherwise than its edge is beside it beyond the corner. */
const NEAR_ROWS = [-2, -1, 0, 1, 2];

function cornerAt(column: number, side: -1 | 1, near: readonly Line[], { inside }: Surroundings): Corner {
  const from = side < 0 ? column - MIXED - BEYOND : column + MIXED;
  if (from < inside.from || from + BEYOND > inside.to) return { column, beyond: undefined };
  return { column, beyond: near.map((line) => edgeOf(line, from, from + BEYOND)) };
}

/**
 * Whether a lower edge goes from one corner to the other, and not on beyond both. The edge of a counter goes on, and so do straight
 * shoulders before a door; that of a screen ends with the screen. If the picture ends at both corners, the edge must not
 * go on beyond any other: a wall of slats behind a counter has many.
 */
function connects(lower: Line, left: Corner, right: Corner, goesOn: ReadonlySet<Direction>): boolean {
  const direction = edgeOf(lower, left.column + MIXED, right.column - MIXED);
  if (direction === 0) return false;
  const seen = [left.beyond, right.beyond].filter((beyond) => beyond !== undefined);
  return seen.length === 0 ? !goesOn.has(direction) : seen.some((beyond) => !beyond.includes(direction));
}
