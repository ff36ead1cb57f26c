import { eyeDistanceOf, type Landmarks, leftEye, middleOf, rightEye } from "../detection/landmarks.ts";
import { type Box, type Image, lumasOf, type Point } from "../imaging/image.ts";
import { resample } from "../imaging/resize.ts";

/** The searched part around the middle of the eyes, in face units: from above the brows to the chest, and both sides. */
const LOOKED_AT = { sideways: 6, above: 1, below: 6 };
const PIXELS = 12;
const WIDTH = 2 * LOOKED_AT.sideways * PIXELS;

/** An upright line reaches from the brows to below the shoulders, here. A picture that ends above this is not judged. */
const SIDE_DOWN_TO = 3.6;
const SIDE_DOWN_AT_LEAST = 2.9;
/** Head and hair end inside this distance from the face; shoulders end outside. */
const BESIDE_HEAD = 1.2;
const WITHIN_SHOULDERS = 3.3;
/** A level line is below the chin. */
const BELOW_CHIN = 2.2;

/** An edge is a step of this many lumas over two pixels, on nearly all of both halves of a line. */
const STEP = 6;
const ALONG = 0.85;
/** How far a line may lean, and how much the lean of two edges of one screen may differ: pixels sideways for each pixel down. */
const LEAN_AT_MOST = 0.2;
const LEAN_STEP = 0.04;

/** The middle of the eyes, and the size of a face. A turn reduces the eye distance, a nod the distance to the mouth. */
interface Place {
  readonly middle: Point;
  readonly unit: number;
}

/**
 * Whether straight edges beside a face cut off its shoulders or chest. Such an edge is in front of the person; usually it
 * is the edge of a screen or a sheet. Door frames and shelves are behind the person, so the shoulders hide them. Undefined if
 * too little of the picture is below the face. Pure.
 */
export function hasScreenEdges(picture: Image, landmarks: Landmarks): boolean | undefined {
  const { middle, unit } = placeOf(landmarks);
  const above = Math.min(LOOKED_AT.above, middle.y / unit - MARGIN);
  const below = Math.min(LOOKED_AT.below, (picture.height - middle.y) / unit - MARGIN);
  if (below < SIDE_DOWN_AT_LEAST || above < 0) return undefined;
  const height = Math.floor((above + below) * PIXELS);
  const region: Box = {
    x: middle.x - LOOKED_AT.sideways * unit,
    y: middle.y - above * unit,
    width: 2 * LOOKED_AT.sideways * unit,
    height: (height / PIXELS) * unit,
  };
  const seen = greyOf(resample(picture, region, WIDTH, height));
  // Outside the picture everything is black, and its border would look like an edge.
  const inside = { from: -region.x / unit + MARGIN, to: (picture.width - region.x) / unit - MARGIN };
  const found = edgesIn(seen, height, above, { from: inside.from * PIXELS, to: inside.to * PIXELS });
  seen.fill(0);
  return found;
}

const MARGIN = 0.1;

function placeOf(landmarks: Landmarks): Place {
  const [left, right, mouth] = [leftEye(landmarks), rightEye(landmarks), middleOf(landmarks, [48, 54])];
  const middle = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  return { middle, unit: Math.max(eyeDistanceOf(landmarks), Math.hypot(mouth.x - middle.x, mouth.y - middle.y)) };
}

function greyOf(image: Image): Float32Array {
  const grey = lumasOf(image);
  image.data.fill(0);
  return grey;
}

/** An upright line on one side of the face. */
interface Side {
  readonly lean: number;
  /** Pixels from the middle of the face, at half the height of the line. */
  readonly away: number;
}

type Span = { readonly from: number; readonly to: number };

function edgesIn(grey: Float32Array, height: number, above: number, inside: Span): boolean {
  const rows = Math.min(height, Math.round((above + SIDE_DOWN_TO) * PIXELS));
  const left = uprights(grey, rows, -1, inside);
  const right = left.length === 0 ? [] : uprights(grey, rows, 1, inside);
  for (const one of left) {
    for (const other of right) {
      if (Math.abs(one.lean - other.lean) > 2 * LEAN_STEP) continue;
      if (Math.max(one.away, other.away) <= WITHIN_SHOULDERS * PIXELS) return true;
      if (hasLevel(grey, height, above, one, other)) return true;
    }
  }
  return false;
}

function uprights(grey: Float32Array, rows: number, side: -1 | 1, inside: Span): readonly Side[] {
  const found: Side[] = [];
  for (let lean = -LEAN_AT_MOST; lean <= LEAN_AT_MOST + 1e-9; lean += LEAN_STEP) {
    for (let away = BESIDE_HEAD * PIXELS; away < LOOKED_AT.sideways * PIXELS - 2; away++) {
      const middle = WIDTH / 2 + side * away;
      const reach = (Math.abs(lean) * rows) / 2;
      if (middle - reach < inside.from || middle + reach > inside.to) continue;
      if (isUpright(grey, rows, middle, lean)) found.push({ lean, away });
    }
  }
  return found;
}

/** Whether both halves of an upright line have a step in the same direction. */
function isUpright(grey: Float32Array, rows: number, middle: number, lean: number): boolean {
  const half = rows >> 1;
  const counts = [0, 0, 0, 0];
  for (let y = 0; y < rows; y++) {
    const x = Math.round(middle + lean * (y - half));
    const at = y * WIDTH + x;
    const step = (grey[at + 1] as number) - (grey[at - 1] as number);
    const lower = y < half ? 0 : 1;
    if (step >= STEP) counts[lower] = (counts[lower] as number) + 1;
    if (step <= -STEP) counts[2 + lower] = (counts[2 + lower] as number) + 1;
  }
  const [a = 0, b = 0, c = 0, d = 0] = counts;
  return Math.max(Math.min(a / half, b / (rows - half)), Math.min(c / half, d / (rows - half))) >= ALONG;
}

/** Whether a level line below the chin connects two upright lines. */
function hasLevel(grey: Float32Array, height: number, above: number, left: Side, right: Side): boolean {
  const [from, to] = [Math.ceil(WIDTH / 2 - left.away) + 2, Math.floor(WIDTH / 2 + right.away) - 2];
  const first = Math.round((above + BELOW_CHIN) * PIXELS);
  for (let lean = -LEAN_AT_MOST; lean <= LEAN_AT_MOST + 1e-9; lean += LEAN_STEP) {
    for (let y = first; y < height - 2; y++) if (isLevel(grey, height, y, lean, from, to)) return true;
  }
  return false;
}

function isLevel(grey: Float32Array, height: number, middle: number, lean: number, from: number, to: number): boolean {
  const half = (from + to) >> 1;
  const counts = [0, 0, 0, 0];
  for (let x = from; x < to; x++) {
    const y = Math.round(middle + lean * (x - half));
    if (y < 1 || y >= height - 1) continue;
    const at = y * WIDTH + x;
    const step = (grey[at + WIDTH] as number) - (grey[at - WIDTH] as number);
    const later = x < half ? 0 : 1;
    if (step >= STEP) counts[later] = (counts[later] as number) + 1;
    if (step <= -STEP) counts[2 + later] = (counts[2 + later] as number) + 1;
  }
  const [a = 0, b = 0, c = 0, d = 0] = counts;
  return Math.max(Math.min(a / (half - from), b / (to - half)), Math.min(c / (half - from), d / (to - half))) >= ALONG;
}
