import { eyeDistanceOf, type Landmarks, middleOf } from "./landmarks.ts";
import { headPose } from "./pose.ts";

/** A head does not move further than this in a tenth of a second, in eye distances, and its size does not change by more. */
const MOVES_AT_MOST = 0.6;
const GROWS_AT_MOST = 1.25;
/** A head that turns fast turns by no more than this between two pictures. */
const TURNS_AT_MOST_DEGREES = 12;

/**
 * Whether place, size or turn of a face differ more from those in the picture before than a head can move: the picture
 * jumped, or the landmarks are at a place that the face has left. Pure.
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
