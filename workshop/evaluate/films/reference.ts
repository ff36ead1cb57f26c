import { CHIP_SIZE } from "../../../cli/demo/chip.ts";
import { decodeJpeg, encodeJpeg } from "../../../drivers/image/jpeg.ts";
import type { Face } from "../../../models/detection/detector.ts";
import { type Landmarks, leftEye, rightEye } from "../../../models/detection/landmarks.ts";
import type { Template } from "../../../models/embedding/embedder.ts";
import type { Box, Image } from "../../../models/imaging/image.ts";
import { resample } from "../../../models/imaging/resize.ts";
import { analyseFace, findSubject } from "../../../models/pipeline/face-analysis.ts";
import { withProbe } from "../../../models/pipeline/face-comparison.ts";
import type { Networks } from "../../../models/pipeline/networks.ts";
import type { Recognizer } from "../../../models/pipeline/recognizer.ts";
import { measureMouthOcclusion } from "../../../models/quality/occlusion.ts";
import { findDefects, LIVE_PROFILE } from "../../../models/quality/profile.ts";

const EYES_ON_CHIP = { x: CHIP_SIZE.width / 2, y: 50, distance: 26 };
const LOOKED_AT_EVERY = 5;
/** More than any head turns: a frame with a flaw is taken only where every frame has one. */
const FLAW_DEGREES = 360;

/** A frame that may be a photo of somebody. */
export interface Candidate {
  readonly yawDegrees: number;
  readonly pitchDegrees: number;
  /** Too poor to be compared live, or with something before the mouth. */
  readonly flawed: boolean;
}

/** The most frontal frame as the chip of an ID card stores it: eyes 26 pixels apart on 102×126. */
export async function referenceOf(
  networks: Networks,
  recognizer: Recognizer,
  frames: readonly Uint8Array[],
): Promise<Template | undefined> {
  const photo = await photoOf(networks, frames);
  if (!photo) return undefined;
  const enrolment = await recognizer.enrol(decodeJpeg(photo, 1e6));
  return enrolment.kind === "enrolled" ? enrolment.template : undefined;
}

/** The photo that is made of a film; undefined where no frame shows one face. */
export async function photoOf(networks: Networks, frames: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
  const seen: (Candidate & { readonly chip: Uint8Array })[] = [];
  for (let i = 0; i < frames.length; i += LOOKED_AT_EVERY) {
    const picture = decodeJpeg(frames[i] as Uint8Array, 2e7);
    const presence = await findSubject(networks, picture, [0, 0.5]);
    if (presence.kind !== "one") continue;
    const { landmarks, quality, defects } = await analysed(networks, picture, presence.face);
    const pose = { yawDegrees: quality.headPoseYawDegrees, pitchDegrees: quality.headPosePitchDegrees };
    seen.push({ ...pose, flawed: defects.length > 0, chip: chipOf(picture, landmarks) });
  }
  return likestAPhoto(seen)?.chip;
}

/** A face with what may be before its mouth: no ID photo shows a hand there. */
async function analysed(networks: Networks, picture: Image, face: Face) {
  const seen = await analyseFace(networks, picture, face, LIVE_PROFILE);
  const { aligned, landmarks } = seen;
  const mouthOcclusion = await withProbe(networks.embedder, seen, (probe) =>
    measureMouthOcclusion(networks.embedder, aligned, probe),
  );
  const quality = { ...seen.quality, mouthOcclusion };
  return { landmarks, quality, defects: findDefects(quality, LIVE_PROFILE) };
}

/**
 * The frame that is nearest to an ID photo: turned to no side, and neither up nor down. A camera stands above or below a face, so
 * up and down are counted from what is usual in the film: who looks down has the eyes closed, whatever the yaw. Pure.
 */
export function likestAPhoto<Seen extends Candidate>(seen: readonly Seen[]): Seen | undefined {
  const pitches = seen.map(({ pitchDegrees }) => pitchDegrees).sort((a, b) => a - b);
  const usual = pitches[pitches.length >> 1] ?? 0;
  const turned = ({ yawDegrees, pitchDegrees, flawed }: Candidate) =>
    Math.abs(yawDegrees) + Math.abs(pitchDegrees - usual) + (flawed ? FLAW_DEGREES : 0);
  return [...seen].sort((a, b) => turned(a) - turned(b))[0];
}

function chipOf(picture: Image, landmarks: Landmarks): Uint8Array {
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  const scale = Math.hypot(right.x - left.x, right.y - left.y) / EYES_ON_CHIP.distance;
  const region: Box = {
    x: (left.x + right.x) / 2 - EYES_ON_CHIP.x * scale,
    y: (left.y + right.y) / 2 - EYES_ON_CHIP.y * scale,
    width: CHIP_SIZE.width * scale,
    height: CHIP_SIZE.height * scale,
  };
  return encodeJpeg(resample(picture, region, CHIP_SIZE.width, CHIP_SIZE.height), 70);
}
