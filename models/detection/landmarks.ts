import type { Image, LumaImage, Point } from "../imaging/image.ts";
import { type NetworkInput, show, showLuma } from "../imaging/network-input.ts";
import type { Face } from "./detector.ts";

/** The 68 points of the iBUG 300-W scheme in pixels of the image, in its order (0 left of the jaw … 67 inner lip). */
export type Landmarks = readonly Point[];

/** Finds the 68 landmarks of a face. The box is scaled to the network's square; the output is relative to the box. */
export async function findLandmarks(finder: NetworkInput, image: Image | LumaImage, { box }: Face): Promise<Landmarks> {
  const [relative] = await ("lumas" in image
    ? showLuma(finder, image, box, "spread")
    : show(finder, image, box, "spread"));
  return Array.from({ length: 68 }, (_, i) => ({
    x: box.x + box.width * (relative?.[i * 2] ?? 0),
    y: box.y + box.height * (relative?.[i * 2 + 1] ?? 0),
  }));
}

/** The mean of some landmarks. */
export function middleOf(landmarks: Landmarks, indices: readonly number[]): Point {
  const points = indices.map((index) => landmarks[index] as Point);
  return {
    x: points.reduce((sum, point) => sum + point.x, 0) / points.length,
    y: points.reduce((sum, point) => sum + point.y, 0) / points.length,
  };
}

/** Eye centres from the lids only, because the corners move with the gaze. "Left" is the image's left. */
export const leftEye = (landmarks: Landmarks): Point => middleOf(landmarks, [37, 38, 40, 41]);
export const rightEye = (landmarks: Landmarks): Point => middleOf(landmarks, [43, 44, 46, 47]);

/** The distance of the eye centres in pixels. It is never 0, so that it can be a divisor. */
export function eyeDistanceOf(landmarks: Landmarks): number {
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  return Math.hypot(right.x - left.x, right.y - left.y) || 1;
}

/** The mean distance between two results for the same landmarks, in eye distances of the first. */
export function shiftOf(landmarks: Landmarks, others: Landmarks): number {
  const apart = landmarks.map(({ x, y }, i) =>
    Math.hypot(x - (others[i]?.x ?? Number.NaN), y - (others[i]?.y ?? Number.NaN)),
  );
  return apart.reduce((sum, distance) => sum + distance, 0) / apart.length / eyeDistanceOf(landmarks);
}
