import { align, alignLumas } from "../detection/align.ts";
import { frameOf } from "../detection/boxes.ts";
import { detect, type Face } from "../detection/detector.ts";
import { findLandmarks, type Landmarks, shiftOf } from "../detection/landmarks.ts";
import { landmarksToRoi } from "../detection/landmarks-to-roi.ts";
import { type Extent, type Image, type LumaImage, lumasOf } from "../imaging/image.ts";
import { type Defect, findDefects, type QualityProfile } from "../quality/profile.ts";
import { measureQuality, type Quality } from "../quality/quality.ts";
import type { Networks } from "./networks.ts";
import { chooseSubject, type Presence } from "./subject.ts";

/** One face, measured. */
export interface FaceAnalysis {
  readonly face: Face;
  /** The size of the picture. */
  readonly within: Extent;
  readonly landmarks: Landmarks;
  /** The lumas of the aligned face, 112×112. They are in the networks' memory, so they are valid until the next face. */
  readonly lumas: Float32Array;
  readonly quality: Quality;
  /** The defects under the profile. */
  readonly defects: readonly Defect[];
}

/** One face, measured, with the picture of it that the embedder takes. */
export interface ColourAnalysis extends FaceAnalysis {
  /** The aligned face. It is the embedder's canvas, so it is valid until the next face is analysed. */
  readonly aligned: Image;
}

/** Measures one face against a profile. */
export async function analyseFaces(
  networks: Networks,
  picture: Image,
  face: Face,
  profile: QualityProfile,
): Promise<ColourAnalysis> {
  const landmarks = await findLandmarks(networks.landmarks, picture, face);
  const aligned = align(picture, landmarks, networks.embedder.canvas);
  return { ...measured(picture, face, landmarks, lumasOf(aligned, networks.lumas), profile), aligned };
}

/** Measures one face against a profile, without colours. */
export async function analyseLumas(
  networks: Networks,
  picture: LumaImage,
  face: Face,
  profile: QualityProfile,
): Promise<FaceAnalysis> {
  const landmarks = await findLandmarks(networks.landmarks, picture, face);
  return measured(picture, face, landmarks, alignLumas(picture, landmarks, networks.lumas), profile);
}

/** The same face with its colours. */
export function inColour({ embedder }: Networks, picture: Image, analysis: FaceAnalysis): ColourAnalysis {
  return { ...analysis, aligned: align(picture, analysis.landmarks, embedder.canvas) };
}

function measured(
  picture: Image | LumaImage,
  face: Face,
  landmarks: Landmarks,
  lumas: Float32Array,
  profile: QualityProfile,
): FaceAnalysis {
  const quality = measureQuality(picture, landmarks, lumas);
  const within = { width: picture.width, height: picture.height };
  return { face, within, landmarks, lumas, quality, defects: findDefects(quality, profile) };
}

/**
 * Measures a face that the detector found. A second search for the landmarks starts at the first ones, because the
 * detector's box moves with each detection, and the first landmarks move with it. The landmarks of a tracked face are found
 * in the same way, so both kinds of probes are aligned alike. The face keeps the detector's box. The shift between both
 * searches says whether the face is whole.
 */
export async function analyseFace(
  networks: Networks,
  picture: Image,
  face: Face,
  profile: QualityProfile,
): Promise<ColourAnalysis> {
  const first = await findLandmarks(networks.landmarks, picture, face);
  const settled = await analyseFaces(networks, picture, { ...face, box: landmarksToRoi(first) }, profile);
  const quality = { ...settled.quality, landmarkShift: shiftOf(settled.landmarks, first) };
  return { ...settled, face, quality, defects: findDefects(quality, profile) };
}

/** Looks for the subject in a picture with growing margins of empty canvas around it, until there is a face. */
export async function findSubject(networks: Networks, picture: Image, margins: readonly number[]): Promise<Presence> {
  for (const margin of margins) {
    const faces = await detect(networks.detector, picture, frameOf(picture, margin));
    if (faces.length > 0) return confirmed(networks, picture, chooseSubject(faces));
  }
  return { kind: "nobody" };
}

/**
 * The detector also finds faces in a pattern, in hair, or twice in a face that is too near. If there is no face, the second
 * search moves the landmarks by more than this, in eye distances. The value is twice the limit for a whole face
 * (`maximumLandmarkShift`), so a second person who is partly covered counts, too.
 */
const NO_FACE_SHIFT = 0.2;
/** Only this many faces of a wall of posters are analysed: each costs two runs of the landmark network. */
const EXAMINED_AT_MOST = 6;

/** Of several comparable faces, those whose landmarks do not move; if there is none, the largest. */
async function confirmed(networks: Networks, picture: Image, presence: Presence): Promise<Presence> {
  if (presence.kind !== "several") return presence;
  const held: Face[] = [];
  for (const face of presence.faces.slice(0, EXAMINED_AT_MOST)) {
    if (held.length < 2 && (await holdsLandmarks(networks, picture, face))) held.push(face);
  }
  return chooseSubject(held.length > 0 ? held : presence.faces.slice(0, 1));
}

async function holdsLandmarks({ landmarks }: Networks, picture: Image, face: Face): Promise<boolean> {
  const first = await findLandmarks(landmarks, picture, face);
  const again = await findLandmarks(landmarks, picture, { ...face, box: landmarksToRoi(first) });
  return shiftOf(again, first) <= NO_FACE_SHIFT;
}
