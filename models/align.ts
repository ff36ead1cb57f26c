import { type Landmarks, leftEye, middleOf, rightEye } from "./landmarks.ts";
import type { Picture, Point } from "./picture.ts";

/** x' = a·x − b·y + c, y' = b·x + a·y + d: turning, scaling and shifting, no shearing. */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

export const ALIGNED_SIZE = 112;

/** Where eyes, nose and mouth corners go in a 112×112 face: the places of ArcFace (deepinsight/insightface). */
const PLACES: readonly Point[] = [
  { x: 38.29, y: 51.7 },
  { x: 73.53, y: 51.5 },
  { x: 56.03, y: 71.74 },
  { x: 41.55, y: 92.37 },
  { x: 70.73, y: 92.2 },
];

/** Turns and scales a face so that eyes, nose and mouth stand where the embedder expects them: 112×112 pixels. */
export function align(picture: Picture, landmarks: Landmarks): Picture {
  const from = [
    leftEye(landmarks),
    rightEye(landmarks),
    middleOf(landmarks, [30]),
    middleOf(landmarks, [48, 60]),
    middleOf(landmarks, [54, 64]),
  ];
  return warp(picture, fitSimilarity(PLACES, from), ALIGNED_SIZE, ALIGNED_SIZE);
}

/** The similarity transform that takes `from` to `to` with the least squared error (at least two distinct points). */
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

/** Draws a picture whose pixel (x, y) is the source's at `toSource(x, y)`, bilinear; outside the source is black. */
function warp(source: Picture, toSource: Similarity, width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const sx = toSource.a * x - toSource.b * y + toSource.c;
      const sy = toSource.b * x + toSource.a * y + toSource.d;
      blend(source, sx, sy, data, at);
    }
  }
  return { width, height, data };
}

function blend({ data, width, height }: Picture, x: number, y: number, out: Uint8Array, at: number): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  if (left < 0 || top < 0 || left >= width - 1 || top >= height - 1) return;
  const [fx, fy] = [x - left, y - top];
  const [nw, ne, sw, se] = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy];
  const upper = (top * width + left) * 3;
  const lower = upper + width * 3;
  for (let i = 0; i < 3; i++) {
    const above = nw * (data[upper + i] as number) + ne * (data[upper + 3 + i] as number);
    const below = sw * (data[lower + i] as number) + se * (data[lower + 3 + i] as number);
    out[at + i] = above + below + 0.5;
  }
}
