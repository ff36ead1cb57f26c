import { CHIP_SIZE } from "../../../cli/demo/chip.ts";
import { encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { eyeDistanceOf, type Landmarks, leftEye, rightEye } from "../../../models/detection/landmarks.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { resample } from "../../../models/imaging/resize.ts";

/** The framing of the photo on a second-generation ID card: the eyes in the middle, a little above half of its height. */
const EYES_FROM_TOP = 0.45;
/** The distance of the eyes, of 102 pixels. */
const EYES_APART = 26;
const QUALITY = 70;

/** Makes the JPEG that the chip of an ID card would store of a person. It is framed by the face. */
export function framedChipPicture(picture: Image, landmarks: Landmarks, eyesApart = EYES_APART): Uint8Array {
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  const scale = eyeDistanceOf(landmarks) / eyesApart;
  const [width, height] = [CHIP_SIZE.width * scale, CHIP_SIZE.height * scale];
  const x = (left.x + right.x - width) / 2;
  const y = (left.y + right.y) / 2 - height * EYES_FROM_TOP;
  return encodeJpeg(resample(picture, { x, y, width, height }, CHIP_SIZE.width, CHIP_SIZE.height), QUALITY);
}
