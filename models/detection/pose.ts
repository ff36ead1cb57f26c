import type { Point } from "../imaging/image.ts";
import type { Landmarks } from "./landmarks.ts";

/** Head pose in degrees. Yaw > 0: turned to the image's right. Pitch > 0: looking up. Roll > 0: tilted clockwise. */
interface HeadPose {
  readonly yawDegrees: number;
  readonly pitchDegrees: number;
  readonly rollDegrees: number;
}

type Vector = readonly [number, number, number];

/**
 * A generic head: the six points of Mallick's model (LearnOpenCV, "Head pose estimation"), x right, y down, z towards
 * the camera, in arbitrary units. Index: the iBUG landmark.
 */
const HEAD: readonly { readonly index: number; readonly at: Vector }[] = [
  { index: 30, at: [0, 0, 0] },
  { index: 8, at: [0, 330, -65] },
  { index: 36, at: [-225, -170, -135] },
  { index: 45, at: [225, -170, -135] },
  { index: 48, at: [-150, 150, -125] },
  { index: 54, at: [150, 150, -125] },
];

/**
 * Head pose under weak perspective: the two rows of the camera matrix are the least-squares solution of `image = camera
 * · head`; made orthonormal, they are the first two rows of the rotation.
 */
export function headPose(landmarks: Landmarks): HeadPose {
  const points = HEAD.map(({ index }) => landmarks[index] as Point);
  const across = unit(solve(points.map((point) => point.x)));
  const raw = solve(points.map((point) => point.y));
  const down = unit(subtract(raw, scale(across, dot(across, raw))));
  const forward = cross(across, down);
  return {
    yawDegrees: degrees(Math.atan2(across[2], Math.hypot(across[0], across[1]))),
    pitchDegrees: degrees(Math.atan2(-down[2], forward[2])),
    rollDegrees: degrees(Math.atan2(down[0], down[1])),
  };
}

const CENTRE = scale(
  HEAD.reduce<Vector>((sum, { at }) => add(sum, at), [0, 0, 0]),
  1 / HEAD.length,
);
const SHAPE = HEAD.map(({ at }) => subtract(at, CENTRE));
const INVERSE = invert(normalMatrix(SHAPE));

/** The vector `v` for which each `v · shape` is nearest to the measured values (without their mean). */
function solve(values: readonly number[]): Vector {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const right = SHAPE.reduce<Vector>((sum, at, i) => add(sum, scale(at, (values[i] as number) - mean)), [0, 0, 0]);
  return [dot(INVERSE[0], right), dot(INVERSE[1], right), dot(INVERSE[2], right)];
}

type Matrix = readonly [Vector, Vector, Vector];

function normalMatrix(shape: readonly Vector[]): Matrix {
  const cell = (row: number, column: number) =>
    shape.reduce((sum, at) => sum + (at[row] as number) * (at[column] as number), 0);
  const line = (row: number): Vector => [cell(row, 0), cell(row, 1), cell(row, 2)];
  return [line(0), line(1), line(2)];
}

/** The inverse of a symmetric 3×3 matrix, by its cofactors. */
function invert([a, b, c]: Matrix): Matrix {
  const determinant = dot(a, cross(b, c));
  return [
    scale(cross(b, c), 1 / determinant),
    scale(cross(c, a), 1 / determinant),
    scale(cross(a, b), 1 / determinant),
  ];
}

function add(a: Vector, b: Vector): Vector {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

function subtract(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function scale(a: Vector, factor: number): Vector {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(a: Vector): Vector {
  return scale(a, 1 / (Math.hypot(...a) || 1));
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}
