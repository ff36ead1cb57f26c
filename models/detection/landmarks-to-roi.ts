import type { Box } from "../imaging/image.ts";
import type { Landmarks } from "./landmarks.ts";

/**
 * The position of the detector's box relative to the bounding box of the landmarks, in its widths and heights: medians
 * of 198 faces of lfw-subset and casia-v5. Landmarks that are found in such a box do not drift: after twenty rounds the
 * median landmark is 2.4 % of the eye distance from its place with the detector's box.
 */
const OFFSET = { x: 0.005, y: -0.161 };
const GROWN = { width: 0.983, height: 1.306 };

/** The box that the detector would find for these landmarks, so that the next frame needs no detector. Pure. */
export function landmarksToRoi(landmarks: Landmarks): Box {
  let [left, top] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [right, bottom] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { x, y } of landmarks) {
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  const [width, height] = [right - left, bottom - top];
  return {
    x: left + width * (0.5 + OFFSET.x - GROWN.width / 2),
    y: top + height * (0.5 + OFFSET.y - GROWN.height / 2),
    width: width * GROWN.width,
    height: height * GROWN.height,
  };
}
