import type { Canvas } from "../imaging/crop.ts";
import type { Image, Point } from "../imaging/image.ts";
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
export function align(image: Image, landmarks: Landmarks, canvas = newCanvas()): Image {
  const from = [
    leftEye(landmarks),
    rightEye(landmarks),
    middleOf(landmarks, [30]),
    middleOf(landmarks, [48, 60]),
    middleOf(landmarks, [54, 64]),
  ];
  warp(image, fitSimilarity(PLACES, from), canvas);
  return canvas;
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

/** Draws a canvas: its pixel (x, y) is the source's at `toSource(x, y)`, bilinear. Outside the source is black. */
function warp({ data, width, height }: Image, { a, b, c, d }: Similarity, canvas: Canvas): void {
  const { data: out } = canvas;
  const line = width * 3;
  out.fill(0);
  for (let y = 0, at = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++, at += 3) {
      const sx = a * x - b * y + c;
      const sy = b * x + a * y + d;
      if (sx < 0 || sy < 0 || sx >= width - 1 || sy >= height - 1) continue;
      const left = sx | 0;
      const top = sy | 0;
      blend(data, top * line + left * 3, line, ((sx - left) * 256) | 0, ((sy - top) * 256) | 0, out, at);
    }
  }
}

/**
 * The weighted mean of four pixels: two at `upper`, two one row below, with the weights of the right and lower ones in
 * 256ths. The colours are written out, because a loop is slower.
 */
function blend(
  data: Uint8Array,
  upper: number,
  line: number,
  right: number,
  below: number,
  out: Uint8Array,
  at: number,
): void {
  const lower = upper + line;
  const se = right * below;
  const sw = (256 - right) * below;
  const ne = (256 - below) * right;
  const nw = 65_536 - ne - sw - se;
  const red = nw * (data[upper] as number) + ne * (data[upper + 3] as number);
  out[at] = (red + sw * (data[lower] as number) + se * (data[lower + 3] as number) + 32_768) >> 16;
  const green = nw * (data[upper + 1] as number) + ne * (data[upper + 4] as number);
  out[at + 1] = (green + sw * (data[lower + 1] as number) + se * (data[lower + 4] as number) + 32_768) >> 16;
  const blue = nw * (data[upper + 2] as number) + ne * (data[upper + 5] as number);
  out[at + 2] = (blue + sw * (data[lower + 2] as number) + se * (data[lower + 5] as number) + 32_768) >> 16;
}
