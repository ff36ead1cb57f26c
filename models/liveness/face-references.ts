import type { Landmarks } from "../detection/landmarks.ts";
import { type Contrast, contrastOf, type FacePatch } from "./face-patch.ts";
import { type Plane, planeOf, wipePlane } from "./planar-motion.ts";

/** One face of a run, kept small, to compare later ones with. */
export interface FaceReference extends Contrast {
  readonly patch: FacePatch;
  /** The line of its lips; see lipLine. */
  readonly lips: number;
  readonly landmarks: Landmarks;
  readonly yawDegrees: number;
  readonly pitchDegrees: number;
  /** The patch as a plane that others are compared with; made once, when it is first asked for. */
  plane(): Plane;
  /** Overwrites the patch and the plane. */
  wipe(): void;
}

/**
 * The faces that a later one is compared with: one a moment ago, which differs in little but what has just happened, the
 * first one that was turned alike, and the most frontal one. `forget` overwrites all.
 */
export interface FaceReferences {
  readonly recent: () => FaceReference | undefined;
  readonly alike: (face: FaceReference) => FaceReference | undefined;
  readonly frontal: () => FaceReference | undefined;
  /** Takes a face that is surely the same person's as those before it. */
  remember(face: FaceReference): void;
  forget(): void;
}

/** How many faces ago "a moment ago" is: a lid takes a tenth of a second to close. */
const MOMENT = 3;
/** Heads that are turned alike share a cell of this many degrees. */
const YAW_CELL = 8;
const PITCH_CELL = 12;
const CELLS_AT_MOST = 12;
/** A face must be this much more frontal to replace the most frontal one: landmarks are not surer than that. */
const MORE_FRONTAL_DEGREES = 2;

type Seen = Omit<FaceReference, keyof Contrast | "plane" | "wipe">;

export function referenceOf(face: Seen): FaceReference {
  let made: Plane | undefined;
  const plane = () => {
    made ??= planeOf(face.patch);
    return made;
  };
  const wipe = () => {
    face.patch.lumas.fill(0);
    if (made) wipePlane(made);
  };
  return { ...face, ...contrastOf(face.patch), plane, wipe };
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
