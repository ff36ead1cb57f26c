import type { Box, Image } from "../imaging/image.ts";
import { type NetworkInput, show } from "../imaging/network-input.ts";
import { frameOf, suppress } from "./boxes.ts";

/** A detected face: its box and its score, 0…1. */
export interface Face {
  readonly box: Box;
  readonly score: number;
}

/** The detector: its network, and which detections count. */
export interface Detector extends NetworkInput {
  readonly minimumScore: number;
}

/** Boxes that overlap more than this are one face; the value of Linzaer's Ultra-Light reference code. */
const SAME_FACE_OVERLAP = 0.3;

/**
 * Finds the faces in `region` of an image (default: the whole image), the best score first. The region is fitted into
 * the input with its proportions. Boxes are in pixels of the image and may extend beyond it.
 */
export async function detect(detector: Detector, image: Image, region = frameOf(image)): Promise<readonly Face[]> {
  const view = letterbox(region, detector.canvas.width, detector.canvas.height);
  const [scores, boxes] = await show(detector, image, view, "spread");
  if (!scores || !boxes) return [];
  return suppress(readFaces(scores, boxes, view, detector.minimumScore), SAME_FACE_OVERLAP);
}

/** The smallest region around `region` with the proportions of the input. */
function letterbox(region: Box, width: number, height: number): Box {
  const scale = Math.max(region.width / width, region.height / height);
  const grown = { width: width * scale, height: height * scale };
  return {
    x: region.x - (grown.width - region.width) / 2,
    y: region.y - (grown.height - region.height) / 2,
    ...grown,
  };
}

/** `scores` holds (background, face) and `boxes` (left, top, right, bottom), relative to the view, for each anchor. */
function readFaces(scores: Float32Array, boxes: Float32Array, view: Box, minimumScore: number): readonly Face[] {
  const found: Face[] = [];
  for (let anchor = 0; anchor * 2 < scores.length; anchor++) {
    const score = scores[anchor * 2 + 1] as number;
    if (score < minimumScore) continue;
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(anchor * 4, anchor * 4 + 4);
    found.push({
      score,
      box: {
        x: view.x + left * view.width,
        y: view.y + top * view.height,
        width: (right - left) * view.width,
        height: (bottom - top) * view.height,
      },
    });
  }
  return found;
}
