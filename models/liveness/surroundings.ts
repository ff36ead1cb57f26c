import { eyeDistanceOf, type Landmarks, leftEye, middleOf, rightEye } from "../detection/landmarks.ts";
import { type Canvas, crop } from "../imaging/crop.ts";
import { type Box, type Image, lumasOf, type Point } from "../imaging/image.ts";

/** How far the surroundings go around the middle of the eyes, in face units: above the brows, to the chest, and to both sides. */
const LOOKED_AT = { sideways: 9, above: 1, below: 6 };
/** Columns and rows for each face unit. */
export const PIXELS = 12;

/** Heads are narrower, in face units from their middle. Long hair may not be, but the sides of portrait screens are here, too. */
export const BESIDE_HEAD = 1.2;

/** The lumas around a face. */
export interface Surroundings {
  readonly lumas: Float32Array;
  readonly width: number;
  readonly height: number;
  /** The column and the row of the middle of the eyes. */
  readonly eyes: Point;
  /** How far the face leans: columns sideways for each row down. */
  readonly tilt: number;
  /** How far the picture goes on below the eyes, in face units. */
  readonly below: number;
  /** The first and the last column inside the camera's picture. Outside all is black, and the border would look like an edge. */
  readonly inside: { readonly from: number; readonly to: number };
}

/** This much of the picture's border, in face units, is left out. */
const MARGIN = 0.1;

/**
 * What is around a face. Undefined if the picture shows nothing above its eyes, or less than `belowAtLeast` face units below. The
 * caller overwrites the lumas. Pure.
 */
export function surroundingsOf(picture: Image, landmarks: Landmarks, belowAtLeast: number): Surroundings | undefined {
  const { middle, unit, tilt } = placeOf(landmarks);
  const above = Math.min(LOOKED_AT.above, middle.y / unit - MARGIN);
  const below = Math.min(LOOKED_AT.below, (picture.height - middle.y) / unit - MARGIN);
  const sideways = Math.min(LOOKED_AT.sideways, Math.max(middle.x, picture.width - middle.x) / unit);
  const [width, height] = [2 * Math.floor(sideways * PIXELS), Math.floor((above + below) * PIXELS)];
  // Places that are not numbers are refused, too.
  if (!(above >= 0 && below >= belowAtLeast && width > 0)) return undefined;
  const scale = unit / PIXELS;
  const from = { x: middle.x - (width / 2) * scale, y: middle.y - above * unit };
  const lumas = drawn(picture, { ...from, width: width * scale, height: height * scale }, width, height);
  // A pixel's place is its middle.
  const eyes = { x: width / 2 - 0.5, y: above * PIXELS - 0.5 };
  const columnOf = (x: number) => Math.max(0, Math.min(width - 1, eyes.x + (x - middle.x) / scale));
  const inside = { from: columnOf(MARGIN * unit), to: columnOf(picture.width - MARGIN * unit) };
  return { lumas, width, height, eyes, tilt, below, inside };
}

/** The middle of the eyes, and the size of a face. A turn reduces the eye distance, a nod the distance to the mouth. */
interface Place {
  readonly middle: Point;
  readonly unit: number;
  readonly tilt: number;
}

/** Who is tilted by more than 30 degrees is asked to hold the head straight. */
const TILT_AT_MOST = 0.6;

function placeOf(landmarks: Landmarks): Place {
  const [left, right, mouth] = [leftEye(landmarks), rightEye(landmarks), middleOf(landmarks, [48, 54])];
  const middle = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const unit = Math.max(eyeDistanceOf(landmarks), Math.hypot(mouth.x - middle.x, mouth.y - middle.y));
  const tilt = (left.y - right.y) / (right.x - left.x);
  return { middle, unit, tilt: Math.max(-TILT_AT_MOST, Math.min(TILT_AT_MOST, tilt)) };
}

function drawn(picture: Image, region: Box, width: number, height: number): Float32Array {
  const canvas: Canvas = { width, height, data: new Uint8Array(width * height * 3) };
  crop(picture, region, canvas, "spread");
  const lumas = lumasOf(canvas);
  canvas.data.fill(0);
  return lumas;
}

/** The row that is so many face units below the eyes. Pure. */
export function rowBelow(eyes: Point, units: number): number {
  return Math.ceil(eyes.y + units * PIXELS);
}
