import { overlap } from "../../models/detection/boxes.ts";
import { type Landmarks, shiftOf } from "../../models/detection/landmarks.ts";
import type { Box } from "../../models/imaging/image.ts";

/** Where a pack sees the faces of one picture, and of the one that is meant its landmarks, too. */
export interface Located {
  readonly faces: readonly Box[];
  readonly subject: { readonly box: Box; readonly landmarks: Landmarks } | undefined;
}

/** What one pack found of what the reference found: how many there were, and how many it lost or saw beside them. */
export interface Found {
  readonly of: number;
  readonly lost: number;
  readonly extra: number;
}

/** How far what one pack sees is from what another, the reference, sees in the same pictures. */
export interface Agreement {
  readonly pictures: number;
  /** The faces that are meant, one in a picture; bystanders are among `faces` only. */
  readonly subjects: Found;
  readonly faces: Found;
  /** Mean distance of the 68 landmarks, as a share of the reference's eye distance; not a number where there are none. */
  readonly shift: { readonly median: number; readonly worst: number; readonly count: number };
}

/** Boxes that share this much are the same face seen twice (PASCAL VOC's criterion). */
const SAME_FACE = 0.5;

/** Compares picture by picture; both lists are of the same pictures, in the same order. Pure. */
export function compareLocated(reference: readonly Located[], other: readonly Located[]): Agreement {
  const pairs = reference.map((one, i) => [one, other[i] ?? NOTHING] as const);
  const shifts = pairs
    .flatMap(([{ subject: a }, { subject: b }]) =>
      a && b && isSame(a.box, b.box) ? [shiftOf(a.landmarks, b.landmarks)] : [],
    )
    .sort((a, b) => a - b);
  return {
    pictures: pairs.length,
    subjects: found(pairs.map(([a, b]) => [subjectOf(a), subjectOf(b)])),
    faces: found(pairs.map(([a, b]) => [a.faces, b.faces])),
    shift: {
      median: shifts[shifts.length >> 1] ?? Number.NaN,
      worst: shifts.at(-1) ?? Number.NaN,
      count: shifts.length,
    },
  };
}

const NOTHING: Located = { faces: [], subject: undefined };

const isSame = (a: Box, b: Box) => overlap(a, b) >= SAME_FACE;
const subjectOf = ({ subject }: Located): readonly Box[] => (subject ? [subject.box] : []);

function found(pairs: readonly (readonly [reference: readonly Box[], other: readonly Box[]])[]): Found {
  const without = (faces: readonly Box[], those: readonly Box[]) =>
    faces.filter((face) => !those.some((one) => isSame(face, one))).length;
  return {
    of: total(pairs.map(([a]) => a.length)),
    lost: total(pairs.map(([a, b]) => without(a, b))),
    extra: total(pairs.map(([a, b]) => without(b, a))),
  };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** One line for people. */
export function describeAgreement({ pictures, subjects, faces, shift }: Agreement): string {
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
  const differ = ({ of, lost, extra }: Found) => `${lost} lost, ${extra} extra of ${of}`;
  const same = subjects.lost + subjects.extra === 0 ? "same faces found" : "not the same faces found";
  return (
    `${same} (${pictures} pictures: ${differ(subjects)}; with bystanders ${differ(faces)}); ` +
    `landmark shift median ${percent(shift.median)}, worst ${percent(shift.worst)} of the eye distance`
  );
}
