/** An edge is a step of this many lumas over two pixels, on nearly all of both halves of a line. */
const STEP = 6;
const ALONG = 0.85;

/** How a picture changes along a row or column: it becomes lighter (1), darker (−1), or neither (0). */
export type Direction = -1 | 0 | 1;

/** Where a picture becomes lighter or darker, from left to right or from top to bottom: a direction for each pixel, row by row. */
export interface Steps {
  readonly width: number;
  readonly height: number;
  readonly directions: Int8Array;
}

/** The steps of a picture of lumas from left to right. The caller overwrites them. Pure. */
export function stepsAcross(lumas: Float32Array, width: number, height: number): Steps {
  const directions = new Int8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      directions[at] = directionOf((lumas[at + 1] as number) - (lumas[at - 1] as number));
    }
  }
  return { width, height, directions };
}

/**
 * The steps of a picture of lumas from top to bottom. Its columns are the rows here, so that a level line of the picture is upright.
 * The caller overwrites them. Pure.
 */
export function stepsDown(lumas: Float32Array, width: number, height: number): Steps {
  const directions = new Int8Array(width * height);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      directions[x * height + y] = directionOf((lumas[at + width] as number) - (lumas[at - width] as number));
    }
  }
  return { width: height, height: width, directions };
}

function directionOf(step: number): Direction {
  if (step >= STEP) return 1;
  return step <= -STEP ? -1 : 0;
}

/**
 * How far a line may lean: pixels sideways for each row. Between two leans a line of 80 rows ends within a pixel of its edge, and a
 * step is seen over two.
 */
const LEAN_AT_MOST = 0.2;
const LEAN_STEP = 0.02;

/** The leans of lines that are nearly upright, nearly parallel to a tilted face, or between both. Pure. */
export function leansUpTo(tilt: number): readonly number[] {
  const [first, last] = [Math.min(0, tilt) - LEAN_AT_MOST, Math.max(0, tilt) + LEAN_AT_MOST];
  return Array.from({ length: Math.round((last - first) / LEAN_STEP) + 1 }, (_, i) => first + i * LEAN_STEP);
}

/** How much perspective changes the angle between two edges of one screen. Half a step is for rounding. */
const UNLIKE = 0.08 + LEAN_STEP / 2;

/** Whether two lines have the same lean, but for the perspective. Pure. */
export function isAlike(lean: number, other: number): boolean {
  return Math.abs(lean - other) <= UNLIKE;
}

/** A straight line from the first row of steps to the last. `lean`: pixels sideways for each row. */
export interface Line {
  readonly start: number;
  readonly lean: number;
  /** The number of steps of each direction on the line before each row. */
  readonly rising: Uint16Array;
  readonly falling: Uint16Array;
}

/** The line that begins at `start` in the first row. Pure. */
export function lineOf(steps: Steps, start: number, lean: number): Line {
  const rising = new Uint16Array(steps.height + 1);
  const falling = new Uint16Array(steps.height + 1);
  for (let y = 0; y < steps.height; y++) {
    const direction = stepAt(steps, Math.round(start + lean * y), y);
    rising[y + 1] = (rising[y] as number) + (direction === 1 ? 1 : 0);
    falling[y + 1] = (falling[y] as number) + (direction === -1 ? 1 : 0);
  }
  return { start, lean, rising, falling };
}

/**
 * Whether the first half of a part of a line is an edge. It is a quick look before the sums of a line are computed: most lines are
 * none. Pure.
 */
export function mayBeEdge(steps: Steps, start: number, lean: number, from: number, to: number): boolean {
  const middle = (from + to) >> 1;
  const missing = Math.floor((1 - ALONG) * (middle - from));
  let [notRising, notFalling] = [0, 0];
  for (let y = from; y < middle; y++) {
    const direction = stepAt(steps, Math.round(start + lean * y), y);
    if (direction !== 1) notRising++;
    if (direction !== -1) notFalling++;
    if (notRising > missing && notFalling > missing) return false;
  }
  return true;
}

/** Beside the picture there are no steps. */
function stepAt({ width, directions }: Steps, x: number, y: number): number | undefined {
  return x >= 0 && x < width ? directions[y * width + x] : 0;
}

/** Where a line is in a row. Pure. */
export function placeIn({ start, lean }: Line, row: number): number {
  return start + lean * row;
}

/** The direction of the steps on both halves of a part of a line, from one row to before another; 0 if it is no edge. Pure. */
export function edgeOf({ rising, falling }: Line, from: number, to: number): Direction {
  if (hasSteps(rising, from, to)) return 1;
  return hasSteps(falling, from, to) ? -1 : 0;
}

function hasSteps(counts: Uint16Array, from: number, to: number): boolean {
  const middle = (from + to) >> 1;
  const share = (first: number, last: number) =>
    ((counts[last] as number) - (counts[first] as number)) / (last - first);
  return share(from, middle) >= ALONG && share(middle, to) >= ALONG;
}
