import type { Canvas } from "../imaging/crop.ts";
import type { Image, LumaImage, Point } from "../imaging/image.ts";
import { faces } from "../native/faces.ts";
import { type Landmarks, leftEye, middleOf, rightEye } from "./landmarks.ts";

/** x' = a·x − b·y + c, y' = b·x + a·y + d: rotation, scale and shift, without shear. */
interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

export const ALIGNED_SIZE = 112;

/** The positions of eyes, nose and mouth corners in a 112×112 face, from ArcFace (deepinsight/insightface). */
const PLACES: readonly Point[] = [
  { x: 38.29, y: 51.7 },
  { x: 73.53, y: 51.5 },
  { x: 56.03, y: 71.74 },
  { x: 41.55, y: 92.37 },
  { x: 70.73, y: 92.2 },
];

/** Draws an aligned face of 112×112 pixels: eyes, nose and mouth are where the embedder expects them. */
export function align({ data, width, height }: Image, landmarks: Landmarks, canvas = newCanvas()): Image {
  const { a, b, c, d } = toPicture(landmarks);
  faces().alignColour(data, width, height, a, b, c, d, canvas.data);
  return canvas;
}

/** Writes the lumas of an aligned face, 0…255 and not rounded, into `out`. */
export function alignLumas({ lumas, width, height }: LumaImage, landmarks: Landmarks, out: Float32Array): Float32Array {
  const { a, b, c, d } = toPicture(landmarks);
  faces().alignLuma(lumas, width, height, a, b, c, d, out);
  return out;
}

/** From a place in the aligned face to the place in the picture. */
function toPicture(landmarks: Landmarks): Similarity {
  return fitSimilarity(PLACES, [
    leftEye(landmarks),
    rightEye(landmarks),
    middleOf(landmarks, [30]),
    middleOf(landmarks, [48, 60]),
    middleOf(landmarks, [54, 64]),
  ]);
}

function newCanvas(): Canvas {
  return { width: ALIGNED_SIZE, height: ALIGNED_SIZE, data: new Uint8Array(ALIGNED_SIZE * ALIGNED_SIZE * 3) };
}

/** The similarity transform from `from` to `to` with the least squared error (at least two distinct points). */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  const count = from.length;
  const mean = (points: readonly Point[], axis: "x" | "y") => points.reduce((sum, p) => sum + p[axis], 0) / count;
  const [fx, fy, tx, ty] = [mean(from, "x"), mean(from, "y"), mean(to, "x"), mean(to, "y")];
  let dot = 0;
  let cross = 0;
  let spread = 0;
  for (let i = 0; i < count; i++) {
    const p = from[i] as Point;
    const q = to[i] as Point;
    dot += (p.x - fx) * (q.x - tx) + (p.y - fy) * (q.y - ty);
    cross += (p.x - fx) * (q.y - ty) - (p.y - fy) * (q.x - tx);
    spread += (p.x - fx) ** 2 + (p.y - fy) ** 2;
  }
  const a = spread > 0 ? dot / spread : 1;
  const b = spread > 0 ? cross / spread : 0;
  return { a, b, c: tx - a * fx + b * fy, d: ty - b * fx - a * fy };
}
