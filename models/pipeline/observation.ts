import type { LifeSign } from "../liveness/motion-liveness.ts";
import type { Defect } from "../quality/profile.ts";
import type { Glare, Quality } from "../quality/quality.ts";

/** What one picture shows of the customer. Scores are given only for a picture that is good enough to have any. */
export type Observation =
  /** `hidden`: why somebody in the picture may not be found. */
  | { readonly kind: "no_face"; readonly hidden?: Glare | "blurred" }
  | { readonly kind: "too_dark" }
  | { readonly kind: "two_faces" }
  | (Measured & { readonly kind: "poor_quality"; readonly defects: readonly Defect[] })
  /** A good picture that was not compared; `liveness` where it was looked for. */
  | (Measured & { readonly kind: "unchanged"; readonly liveness?: number })
  | Scored;

/** A face that was measured. */
interface Measured {
  readonly quality: Quality;
  /** It is at another place, of another size or turned otherwise than a head gets to since the picture before. */
  readonly jumped?: true;
}

/** A picture that is good enough to be compared. */
export interface Scored extends Measured {
  readonly kind: "scored";
  /** Probability of a bona fide presentation, 0…1. */
  readonly liveness: number;
  /** Comparison score with the reference: cosine, −1…1. */
  readonly similarity: number;
  /** Comparison scores with the pictures scored before by this tracker, the newest first, at most PROBES_KEPT. */
  readonly agreement: readonly number[];
  /** What the face does that no picture of a face does, twice what it does very clearly; see MotionLiveness. */
  readonly signs: readonly LifeSign[];
  /** Whether straight edges beside the face cut the shoulders off; undefined where it cannot be told. */
  readonly screenEdges?: boolean | undefined;
}

/**
 * What is still open about a face: `all`; its liveness and signs of life, once it is recognized; or signs of life alone. A face
 * that shows a sign, or does not go on from those before it, is compared, whatever is open.
 */
export type Wanted = "all" | "liveness" | "signs";

/** How many probes a tracker remembers, to say how alike its pictures are. */
export const TEMPLATES_KEPT = 15;

/** Whether somebody else may stand there after this picture. Pure. */
export function breaksRun({ kind }: Observation): boolean {
  return kind !== "scored" && kind !== "poor_quality" && kind !== "unchanged";
}

/** Whether a face stands upright in a picture, or there is a reason why that cannot be told. Pure. */
export function hasUprightFace(seen: Observation): boolean {
  if (seen.kind === "no_face") return false;
  return seen.kind !== "poor_quality" || !seen.defects.some((defect) => NOT_UPRIGHT.has(defect));
}

/** What is found in a face that lies on its side or stands on its head. */
const NOT_UPRIGHT: ReadonlySet<Defect> = new Set<Defect>(["FaceOcclusionPrevention", "HeadPoseRoll", "HeadPosePitch"]);
