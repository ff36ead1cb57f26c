import { eyeDistanceOf, type Landmarks, middleOf } from "../../models/detection/landmarks.ts";
import type { Image, Point } from "../../models/imaging/image.ts";

/** Where a place of the drawn picture comes from, or a colour that has no place in the still. */
type Source = Point | "dark";

/** The still with its mouth opened by `opening` of the eye distance, the chin going down with the lower lip. */
export function openMouth(still: Image, landmarks: Landmarks, opening: number): Image {
  const unit = eyeDistanceOf(landmarks);
  const lips = middleOf(landmarks, [62, 66]);
  const half = Math.hypot((landmarks[54]?.x ?? 0) - (landmarks[48]?.x ?? 0), 1) / 2;
  return redrawn(still, boxAbout(lips, 1.6 * unit), ({ x, y }) => {
    const aside = (x - lips.x) / half;
    const gap = opening * unit * Math.max(0, 1 - aside * aside);
    const below = y - lips.y;
    if (below <= 0) return { x, y };
    if (below < gap) return "dark";
    const fade = Math.max(0, 1 - (below - gap) / unit);
    return { x, y: y - gap * fade };
  });
}

/** The still with both lids closed by `closure`, 0…1: the skin above each eye is drawn down over it. */
export function closeEyes(still: Image, landmarks: Landmarks, closure: number): Image {
  return [36, 42].reduce((picture, first) => closeEye(picture, landmarks, first, closure), still);
}

function closeEye(still: Image, landmarks: Landmarks, first: number, closure: number): Image {
  const at = (i: number) => landmarks[first + i] as Point;
  const [outer, inner] = [at(0), at(3)];
  const [top, bottom] = [middleOf(landmarks, [first + 1, first + 2]), middleOf(landmarks, [first + 4, first + 5])];
  const middle = { x: (outer.x + inner.x) / 2, y: (outer.y + inner.y) / 2 };
  const half = Math.abs(inner.x - outer.x) / 2 + 1;
  const skin = 0.22 * eyeDistanceOf(landmarks);
  return redrawn(still, boxAbout(middle, 2.5 * half), ({ x, y }) => {
    const bow = Math.max(0, 1 - ((x - middle.x) / half) ** 2);
    const [upper, lower] = [middle.y + (top.y - middle.y) * bow, middle.y + (bottom.y - middle.y) * bow];
    const lid = upper + closure * (lower - upper);
    if (bow === 0 || y >= lid || y <= upper - skin) return { x, y };
    return { x, y: upper - skin + ((y - upper + skin) * skin) / (lid - upper + skin) };
  });
}

/** The still with a hole where the mouth, or the eyes, are, through which another face is seen. */
export function cutOut(still: Image, behind: Image, places: readonly Hole[]): Image {
  const data = Uint8Array.from(still.data);
  for (const { at, across, down } of places) {
    for (let y = Math.floor(at.y - down); y <= at.y + down; y++) {
      for (let x = Math.floor(at.x - across); x <= at.x + across; x++) {
        if (((x - at.x) / across) ** 2 + ((y - at.y) / down) ** 2 > 1) continue;
        const to = (y * still.width + x) * 3;
        data.set(behind.data.subarray(to, to + 3), to);
      }
    }
  }
  return { ...still, data };
}

export interface Hole {
  readonly at: Point;
  readonly across: number;
  readonly down: number;
}

export function mouthHole(landmarks: Landmarks): readonly Hole[] {
  const unit = eyeDistanceOf(landmarks);
  return [{ at: middleOf(landmarks, [48, 51, 54, 57]), across: 0.5 * unit, down: 0.3 * unit }];
}

export function eyeHoles(landmarks: Landmarks): readonly Hole[] {
  const unit = eyeDistanceOf(landmarks);
  return [36, 42].map((first) => ({
    at: middleOf(landmarks, [first, first + 3]),
    across: 0.3 * unit,
    down: 0.17 * unit,
  }));
}

function boxAbout({ x, y }: Point, reach: number) {
  return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach };
}

function redrawn(still: Image, box: ReturnType<typeof boxAbout>, from: (place: Point) => Source): Image {
  const data = Uint8Array.from(still.data);
  const [top, bottom] = [Math.max(0, Math.floor(box.top)), Math.min(still.height - 1, Math.ceil(box.bottom))];
  const [left, right] = [Math.max(0, Math.floor(box.left)), Math.min(still.width - 1, Math.ceil(box.right))];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const source = from({ x, y });
      data.set(source === "dark" ? [40, 20, 20] : sampled(still, source), (y * still.width + x) * 3);
    }
  }
  return { ...still, data };
}

function sampled({ data, width, height }: Image, { x, y }: Point): readonly number[] {
  const cx = Math.min(Math.max(x, 0), width - 1.001);
  const cy = Math.min(Math.max(y, 0), height - 1.001);
  const [left, top] = [Math.floor(cx), Math.floor(cy)];
  const [fx, fy] = [cx - left, cy - top];
  const value = (row: number, column: number, k: number) =>
    data[((top + row) * width + left + column) * 3 + k] as number;
  return [0, 1, 2].map((k) => {
    const above = (1 - fx) * value(0, 0, k) + fx * value(0, 1, k);
    const below = (1 - fx) * value(1, 0, k) + fx * value(1, 1, k);
    return (1 - fy) * above + fy * below;
  });
}
