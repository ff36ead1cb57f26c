import { CHIP_SIZE } from "../../../cli/demo/chip.ts";
import { decodeJpeg, encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { type Landmarks, leftEye, rightEye } from "../../../models/detection/landmarks.ts";
import type { Template } from "../../../models/embedding/embedder.ts";
import type { Box, Image } from "../../../models/imaging/image.ts";
import { resample } from "../../../models/imaging/resize.ts";
import { analyseFace, findSubject } from "../../../models/pipeline/face-analysis.ts";
import type { Networks } from "../../../models/pipeline/networks.ts";
import type { Recognizer } from "../../../models/pipeline/recognizer.ts";
import { LIVE_PROFILE } from "../../../models/quality/profile.ts";

const EYES_ON_CHIP = { x: CHIP_SIZE.width / 2, y: 50, distance: 26 };
const LOOKED_AT_EVERY = 5;

/** The most frontal frame as the chip of an ID card stores it: eyes 26 pixels apart on 102×126. */
export async function referenceOf(
  networks: Networks,
  recognizer: Recognizer,
  frames: readonly Uint8Array[],
): Promise<Template | undefined> {
  let best: { readonly yaw: number; readonly chip: Uint8Array } | undefined;
  for (let i = 0; i < frames.length; i += LOOKED_AT_EVERY) {
    const picture = decodeJpeg(frames[i] as Uint8Array, 2e7);
    const presence = await findSubject(networks, picture, [0, 0.5]);
    if (presence.kind !== "one") continue;
    const { landmarks, quality, defects } = await analyseFace(networks, picture, presence.face, LIVE_PROFILE);
    const yaw = Math.abs(quality.headPoseYawDegrees) + (defects.length > 0 ? 90 : 0);
    if (!best || yaw < best.yaw) best = { yaw, chip: chipOf(picture, landmarks) };
  }
  if (!best) return undefined;
  const enrolment = await recognizer.enrol(decodeJpeg(best.chip, 1e6));
  return enrolment.kind === "enrolled" ? enrolment.template : undefined;
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
