import type { LifeSign } from "../liveness/motion-liveness.ts";
import type { Defect } from "../quality/profile.ts";
import type { Glare, Quality } from "../quality/quality.ts";

/** The subject in one picture. Only a picture that is good enough has scores. */
export type Observation =
  /** `hidden`: why the detector may miss a person in the picture. */
  | { readonly kind: "no_face"; readonly hidden?: Glare | "blurred" }
  | { readonly kind: "too_dark" }
  | { readonly kind: "two_faces" }
  | (Measured & { readonly kind: "poor_quality"; readonly defects: readonly Defect[] })
  /** A good picture that was not compared; `liveness` if it was measured. */
  | (Measured & { readonly kind: "unchanged"; readonly liveness?: number })
  | Scored;

/** A face that was measured. */
interface Measured {
  readonly quality: Quality;
  /** Place, size or turn differ more from the picture before than a head can move. */
  readonly jumped?: true;
}

/** A picture that is good enough to be compared. */
export interface Scored extends Measured {
  readonly kind: "scored";
  /** Probability of a bona fide presentation, 0…1. */
  readonly liveness: number;
  /** Comparison score with the reference: cosine, −1…1. */
  readonly similarity: number;
  /** Comparison scores with the earlier probes of this tracker, the newest first, at most TEMPLATES_KEPT. */
  readonly agreement: readonly number[];
  /** The signs of life; a very clear one is listed twice; see MotionLiveness. */
  readonly signs: readonly LifeSign[];
  /** Whether straight edges beside the face cut off the shoulders; undefined if that is not visible. */
  readonly screenEdges?: boolean | undefined;
}

/**
 * What is still needed of a face: `all`; liveness and signs of life, once it is recognised; or only signs of life. A face
 * that shows a sign, or does not continue the run, is always compared.
 */
export type Wanted = "all" | "liveness" | "signs";

/** How many probes a tracker keeps, for the agreement of its pictures. */
export const TEMPLATES_KEPT = 15;

/** Whether another person may be in the next picture. Pure. */
export function breaksRun({ kind }: Observation): boolean {
  return kind !== "scored" && kind !== "poor_quality" && kind !== "unchanged";
}

/** Whether a face is upright in a picture, or the picture cannot show it. Pure. */
export function hasUprightFace(seen: Observation): boolean {
  if (seen.kind === "no_face") return false;
  return seen.kind !== "poor_quality" || !seen.defects.some((defect) => NOT_UPRIGHT.has(defect));
}

/** The defects of a face that is on its side or upside down. */
const NOT_UPRIGHT: ReadonlySet<Defect> = new Set<Defect>(["FaceOcclusionPrevention", "HeadPoseRoll", "HeadPosePitch"]);
