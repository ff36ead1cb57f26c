/** An edge is a step of this many lumas over two pixels, on nearly all of both halves of a line. */
const STEP = 6;
const ALONG = 0.85;

const RISING = 1;
const FALLING = -1;

/** Where a picture becomes lighter or darker, from left to right or from top to bottom. */
export interface Steps {
  readonly width: number;
  readonly height: number;
  /** A value for each pixel, row by row: 1 lighter, −1 darker, 0 neither. */
  readonly directions: Int8Array;
}

/** The steps of a picture of lumas from left to right. Pure. */
export function stepsAcross(lumas: Float32Array, width: number, height: number): Steps {
  const directions = new Int8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      directions[at] = directionOf((lumas[at + 1] as number) - (lumas[at - 1] as number));
    }
  }
  return { width, height, directions };
}

/** The steps of a picture of lumas from top to bottom, with columns as rows: a level line of the picture is upright here. Pure. */
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

function directionOf(step: number): number {
  if (step >= STEP) return RISING;
  return step <= -STEP ? FALLING : 0;
}

/** A straight line from the first row to the last. `lean`: pixels sideways for each row. */
export interface Line {
  readonly start: number;
  readonly lean: number;
  /** The number of steps of each direction on the line before each row. */
  readonly rising: Uint16Array;
  readonly falling: Uint16Array;
}

/** The steps along the line that begins at `start` in the first row. Pure. */
export function lineOf({ width, height, directions }: Steps, start: number, lean: number): Line {
  const rising = new Uint16Array(height + 1);
  const falling = new Uint16Array(height + 1);
  for (let y = 0; y < height; y++) {
    const x = Math.round(start + lean * y);
    const direction = x >= 0 && x < width ? directions[y * width + x] : 0;
    rising[y + 1] = (rising[y] as number) + (direction === RISING ? 1 : 0);
    falling[y + 1] = (falling[y] as number) + (direction === FALLING ? 1 : 0);
  }
  return { start, lean, rising, falling };
}

/**
 * Whether a line can be an edge from the first row to before `end`: whether its first half is one. Few lines are, so the sums of
 * the others need not be computed. Pure.
 */
export function beginsAsEdge({ width, directions }: Steps, start: number, lean: number, end: number): boolean {
  const rows = end >> 1;
  const missing = Math.floor((1 - ALONG) * rows);
  let [notRising, notFalling] = [0, 0];
  for (let y = 0; y < rows; y++) {
    const x = Math.round(start + lean * y);
    const direction = x >= 0 && x < width ? directions[y * width + x] : 0;
    if (direction !== RISING) notRising++;
    if (direction !== FALLING) notFalling++;
    if (notRising > missing && notFalling > missing) return false;
  }
  return true;
}

/** Where a line is in a row. Pure. */
export function placeIn({ start, lean }: Line, row: number): number {
  return start + lean * row;
}

/** Whether both halves of a part of a line, from one row to before another, have steps in the same direction. Pure. */
export function isEdge({ rising, falling }: Line, from: number, to: number): boolean {
  return hasSteps(rising, from, to) || hasSteps(falling, from, to);
}

function hasSteps(counts: Uint16Array, from: number, to: number): boolean {
  const middle = (from + to) >> 1;
  const share = (first: number, last: number) =>
    ((counts[last] as number) - (counts[first] as number)) / (last - first);
  return share(from, middle) >= ALONG && share(middle, to) >= ALONG;
}
