import { type Landmarks, leftEye, middleOf, rightEye } from "../detection/landmarks.ts";
import type { Box, Image, Point } from "../imaging/image.ts";
import { LIVE_PROFILE } from "../quality/profile.ts";
import { glareOf, isBlurred, isDark } from "../quality/quality.ts";
import { analyseFace, findSubject } from "./face-analysis.ts";
import type { Networks } from "./networks.ts";
import type { Observation } from "./observation.ts";

/** What a picture shows without a comparison: places and measures, but no template. */
export interface Sighting {
  readonly width: number;
  readonly height: number;
  /** The observation as in a verification; `unchanged` is a face that is good enough to be compared. */
  readonly observation: Observation;
  readonly box?: Box;
  /** The centres of the eyes, the tip of the nose, the corners of the mouth. */
  readonly points?: readonly Point[];
}

const MARGINS = [0, 0.5];

export async function sight(networks: Networks, picture: Image): Promise<Sighting> {
  const { width, height } = picture;
  const presence = await findSubject(networks, picture, MARGINS);
  if (presence.kind === "several") return { width, height, observation: { kind: "two_faces" } };
  if (presence.kind === "nobody") return { width, height, observation: nobodyIn(picture) };
  const { box } = presence.face;
  const { quality, defects, landmarks } = await analyseFace(networks, picture, presence.face, LIVE_PROFILE);
  const observation: Observation =
    defects.length > 0 ? { kind: "poor_quality", quality, defects } : { kind: "unchanged", quality };
  return { width, height, observation, box, points: fivePoints(landmarks) };
}

/** The observation of a picture without a face, with the reason why the detector may miss one. */
export function nobodyIn(picture: Image): Observation {
  if (isDark(picture)) return { kind: "too_dark" };
  const hidden = glareOf(picture) ?? (isBlurred(picture) ? "blurred" : undefined);
  return hidden === undefined ? { kind: "no_face" } : { kind: "no_face", hidden };
}

function fivePoints(landmarks: Landmarks): readonly Point[] {
  const at = (...indices: readonly number[]) => middleOf(landmarks, indices);
  return [leftEye(landmarks), rightEye(landmarks), at(30), at(48, 60), at(54, 64)];
}
