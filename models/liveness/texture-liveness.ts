import { growInside } from "../detection/boxes.ts";
import type { Face } from "../detection/detector.ts";
import { type Landmarks, leftEye, middleOf, rightEye } from "../detection/landmarks.ts";
import { crop } from "../imaging/crop.ts";
import { type Box, type Image, mirror } from "../imaging/image.ts";
import { type NetworkInput, show, showWhole } from "../imaging/network-input.ts";

/** The crop whose sides are the unit of `context`: the detector's box, or a square around eyes and mouth. */
type LivenessCrop = "detector_box" | "eyes_and_mouth";

export interface LivenessNetwork extends NetworkInput {
  readonly crop: LivenessCrop;
  /** The size of the region that the network was trained on, in sides of the crop. */
  readonly context: number;
  /** Which output is "bona fide presentation". */
  readonly bonaFideClass: number;
  /** Whether the mirror image is used as a second view. */
  readonly mirrored: boolean;
}

/** If the score of the first view is between these bounds, a second view is worth its cost. */
const IN_DOUBT = { above: 0.005, below: 0.95 };

/** The probability that a face is a bona fide presentation and not a print or a screen, 0…1, from one picture. */
export async function measureLiveness(
  how: LivenessNetwork,
  picture: Image,
  { box }: Face,
  landmarks: Landmarks,
): Promise<number> {
  const surroundings = growInside(how.crop === "eyes_and_mouth" ? eyesAndMouth(landmarks) : box, how.context, picture);
  const first = bonaFide(how, await show(how, picture, surroundings, "nearest"));
  if (!how.mirrored || first <= IN_DOUBT.above || first >= IN_DOUBT.below) return first;
  crop(picture, surroundings, how.canvas, "nearest");
  const second = mirror(how.canvas);
  const score = bonaFide(how, await showWhole(how, second));
  second.data.fill(0);
  return (first + score) / 2;
}

/** The side of the square around eyes and mouth: times the eye distance or the eyes-to-mouth distance, the larger one. */
const SQUARE_SIDE = 2.1;

/**
 * A square around the middle of eyes and mouth. A detector's box is taller than wide and moves with each detection, so a
 * network that was trained on squares would see stretched faces.
 */
function eyesAndMouth(landmarks: Landmarks): Box {
  const [left, right, mouth] = [leftEye(landmarks), rightEye(landmarks), middleOf(landmarks, [48, 54])];
  const eyes = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const across = Math.hypot(right.x - left.x, right.y - left.y);
  const down = Math.hypot(mouth.x - eyes.x, mouth.y - eyes.y);
  const side = SQUARE_SIDE * Math.max(across, down, 1);
  const middle = { x: (eyes.x + mouth.x) / 2, y: (eyes.y + mouth.y) / 2 };
  return { x: middle.x - side / 2, y: middle.y - side / 2, width: side, height: side };
}

function bonaFide({ bonaFideClass }: LivenessNetwork, [logits = new Float32Array(0)]: readonly Float32Array[]): number {
  return softmax(logits)[bonaFideClass] ?? 0;
}

function softmax(logits: Float32Array): readonly number[] {
  const highest = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
