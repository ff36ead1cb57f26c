import { eyeDistanceOf, type Landmarks, middleOf } from "./landmarks.ts";
import { headPose } from "./pose.ts";

/** No head moves further, in eye distances, or changes its size by more in a tenth of a second. */
const MOVES_AT_MOST = 0.6;
const GROWS_AT_MOST = 1.25;
/** A head that turns fast turns by no more between two pictures. */
const TURNS_AT_MOST_DEGREES = 12;

/**
 * Whether a face is at another place, of another size, or turned otherwise than a head gets to from one picture to the next: the
 * picture jumped, or the landmarks are drawn where the face is no more. Pure.
 */
export function hasJumped(from: Landmarks, to: Landmarks): boolean {
  const [one, other] = [wholeOf(from), wholeOf(to)];
  const [before, after] = [eyeDistanceOf(from), eyeDistanceOf(to)];
  if (Math.max(before / after, after / before) > GROWS_AT_MOST) return true;
  if (Math.abs(headPose(to).yawDegrees - headPose(from).yawDegrees) > TURNS_AT_MOST_DEGREES) return true;
  return Math.hypot(other.x - one.x, other.y - one.y) > MOVES_AT_MOST * before;
}

function wholeOf(landmarks: Landmarks) {
  return middleOf(landmarks, Array.from(landmarks.keys()));
}
