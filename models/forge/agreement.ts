import { overlap } from "../boxes.ts";
import { type Landmarks, leftEye, rightEye } from "../landmarks.ts";
import type { Box } from "../picture.ts";

/** Where a pack sees the faces of one picture, and the landmarks of the one that is meant. */
export interface Located {
  readonly faces: readonly Box[];
  readonly landmarks: Landmarks | undefined;
}

/** How far what one pack sees is from what another, the reference, sees in the same pictures. */
export interface Agreement {
  readonly pictures: number;
  /** Faces that the reference found. */
  readonly faces: number;
  /** Of those, how many the other did not find; and how many it found where the reference saw none. */
  readonly lost: number;
  readonly extra: number;
  /** Mean distance of the 68 landmarks, as a share of the reference's eye distance; not a number where there are none. */
  readonly shift: { readonly median: number; readonly worst: number; readonly count: number };
}

/** Boxes that share this much are the same face seen twice (PASCAL VOC's criterion). */
const SAME_FACE = 0.5;

/** Compares picture by picture; both lists are of the same pictures, in the same order. Pure. */
export function compareLocated(reference: readonly Located[], other: readonly Located[]): Agreement {
  const pairs = reference.map((one, i) => [one, other[i] ?? NOTHING] as const);
  const without = (faces: readonly Box[], those: readonly Box[]) =>
    faces.filter((face) => those.every((one) => overlap(face, one) < SAME_FACE)).length;
  const shifts = pairs
    .flatMap(([a, b]) => (a.landmarks && b.landmarks ? [shiftOf(a.landmarks, b.landmarks)] : []))
    .sort((a, b) => a - b);
  return {
    pictures: pairs.length,
    faces: total(pairs.map(([a]) => a.faces.length)),
    lost: total(pairs.map(([a, b]) => without(a.faces, b.faces))),
    extra: total(pairs.map(([a, b]) => without(b.faces, a.faces))),
    shift: {
      median: shifts[shifts.length >> 1] ?? Number.NaN,
      worst: shifts.at(-1) ?? Number.NaN,
      count: shifts.length,
    },
  };
}

const NOTHING: Located = { faces: [], landmarks: undefined };

function shiftOf(reference: Landmarks, other: Landmarks): number {
  const [left, right] = [leftEye(reference), rightEye(reference)];
  const apart = reference.map(({ x, y }, i) =>
    Math.hypot(x - (other[i]?.x ?? Number.NaN), y - (other[i]?.y ?? Number.NaN)),
  );
  return total(apart) / apart.length / Math.hypot(right.x - left.x, right.y - left.y);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** One line for people. */
export function describeAgreement({ pictures, faces, lost, extra, shift }: Agreement): string {
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  const found = lost + extra === 0 ? "same faces found" : `${lost} faces lost, ${extra} extra`;
  return (
    `${found} (${faces} in ${pictures} pictures); ` +
    `landmark shift median ${percent(shift.median)}, worst ${percent(shift.worst)} of the eye distance`
  );
}
