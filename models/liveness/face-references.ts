import type { Landmarks } from "../detection/landmarks.ts";
import { type Contrast, contrastOf, type FacePatch } from "./face-patch.ts";

/** One face of a run, as a small patch. Later faces are compared with it. */
export interface FaceReference extends Contrast {
  readonly patch: FacePatch;
  /** How dark the line between the lips is; see lipLine. */
  readonly lips: number;
  readonly landmarks: Landmarks;
  readonly yawDegrees: number;
  readonly pitchDegrees: number;
  /** How far the face had moved since the picture before, in inter-eye distances. */
  readonly movedBy: number;
  /** Overwrites the patch. */
  wipe(): void;
}

/**
 * The faces with which a later face is compared: the face of a moment ago, which shows only the latest change; the first
 * face with the same turn; and the most frontal face. `forget` overwrites all of them.
 */
export interface FaceReferences {
  readonly recent: () => FaceReference | undefined;
  readonly alike: (face: FaceReference) => FaceReference | undefined;
  readonly frontal: () => FaceReference | undefined;
  /** Keeps a face. The caller is sure that it shows the same person as the faces before. */
  remember(face: FaceReference): void;
  forget(): void;
}

/** "A moment ago" is this many faces back. A lid closes in a tenth of a second. */
const MOMENT = 3;
/** Heads in the same cell of this many degrees have the same turn. */
const YAW_CELL = 8;
const PITCH_CELL = 12;
const CELLS_AT_MOST = 12;
/** A face replaces the most frontal one if it is this much more frontal. Landmarks are not more precise than that. */
const MORE_FRONTAL_DEGREES = 2;

type Seen = Omit<FaceReference, keyof Contrast | "wipe">;

export function referenceOf(face: Seen): FaceReference {
  return { ...face, ...contrastOf(face.patch), wipe: () => void face.patch.lumas.fill(0) };
}

export function faceReferences(): FaceReferences {
  const recent: FaceReference[] = [];
  const cells = new Map<string, FaceReference>();
  let frontal: FaceReference | undefined;
  const kept = (face: FaceReference) => face === frontal || recent.includes(face) || [...cells.values()].includes(face);
  const letGo = (face: FaceReference | undefined) => {
    if (face && !kept(face)) face.wipe();
  };
  return {
    recent: () => recent[0],
    alike: (face) => cells.get(cellOf(face)),
    frontal: () => frontal,
    remember(face) {
      const before = frontal;
      if (!cells.has(cellOf(face)) && cells.size < CELLS_AT_MOST) cells.set(cellOf(face), face);
      if (isMoreFrontal(face, frontal)) frontal = face;
      recent.push(face);
      const oldest = recent.length > MOMENT ? recent.shift() : undefined;
      for (const face of [before, oldest]) letGo(face);
    },
    forget() {
      for (const face of [...recent, ...cells.values(), ...(frontal ? [frontal] : [])]) face.wipe();
      recent.splice(0);
      cells.clear();
      frontal = undefined;
    },
  };
}

function isMoreFrontal({ yawDegrees }: FaceReference, than: FaceReference | undefined): boolean {
  return !than || Math.abs(yawDegrees) < Math.abs(than.yawDegrees) - MORE_FRONTAL_DEGREES;
}

function cellOf({ yawDegrees, pitchDegrees }: FaceReference): string {
  return `${Math.round(yawDegrees / YAW_CELL)},${Math.round(pitchDegrees / PITCH_CELL)}`;
}
