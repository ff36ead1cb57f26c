import { eyeDistanceOf, type Landmarks, leftEye, rightEye } from "../detection/landmarks.ts";
import type { Point } from "../imaging/image.ts";
import { solveSymmetric } from "./linear-solver.ts";

/** All points of both eyes and the corners of the mouth. They are nearly in one plane in every pose. */
const PLANE = [36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 54];
/** The tip and wings of the nose, in front of that plane. */
const NOSE = [30, 31, 33, 35];

/**
 * How far the nose has moved sideways, or down, against the plane of eyes and mouth since an earlier picture, in eye
 * distances; the sign is the direction. An affine map of the plane removes the motion, tilt and turn of anything flat; the
 * rest is depth. Pure.
 */
export function noseParallax(earlier: Landmarks, later: Landmarks, way: "sideways" | "down" = "sideways"): number {
  const across = affine(earlier, later, "x");
  const down = affine(earlier, later, "y");
  if (!across || !down) return 0;
  const [left, right, distance] = [leftEye(later), rightEye(later), eyeDistanceOf(later)];
  const level = { x: (right.x - left.x) / distance, y: (right.y - left.y) / distance };
  const axis = way === "sideways" ? level : { x: -level.y, y: level.x };
  const moved = NOSE.map((index) => {
    const [from, to] = [earlier[index] as Point, later[index] as Point];
    return (to.x - at(across, from)) * axis.x + (to.y - at(down, from)) * axis.y;
  });
  return moved.reduce((sum, one) => sum + one, 0) / moved.length / distance;
}

function at(map: Float64Array, { x, y }: Point): number {
  return (map[0] as number) * x + (map[1] as number) * y + (map[2] as number);
}

/** The least-squares map from the plane's points to one coordinate of the same points in the later picture. */
function affine(earlier: Landmarks, later: Landmarks, axis: "x" | "y"): Float64Array | undefined {
  const matrix = new Float64Array(9);
  const right = new Float64Array(3);
  for (const index of PLANE) {
    const from = earlier[index] as Point;
    const terms = [from.x, from.y, 1];
    for (const [row, a] of terms.entries()) {
      right[row] = (right[row] as number) + a * (later[index] as Point)[axis];
      for (const [column, b] of terms.entries())
        matrix[row * 3 + column] = (matrix[row * 3 + column] as number) + a * b;
    }
  }
  return solveSymmetric(matrix, right) ? right : undefined;
}
