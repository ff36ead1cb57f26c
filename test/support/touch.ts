import { frameOf } from "../../models/detection/boxes.ts";
import { detect } from "../../models/detection/detector.ts";
import { findLandmarks, leftEye, middleOf, rightEye } from "../../models/detection/landmarks.ts";
import type { Image, Point } from "../../models/imaging/image.ts";
import type { Networks } from "../../models/pipeline/networks.ts";

/** What lies over eyes or mouth of a photograph for a moment, again and again, while it is held before the camera. */
export const TOUCHES = [
  "finger_on_eye",
  "finger_on_eyes",
  "finger_on_mouth",
  "pen_on_eyes",
  "pen_on_mouth",
  "glint_on_eye",
] as const;
export type Touch = (typeof TOUCHES)[number];

type Colour = readonly [red: number, green: number, blue: number];
const SKIN: Colour = [200, 150, 125];
const INK: Colour = [30, 30, 60];
const LIGHT: Colour = [255, 255, 255];

/** An ellipse over a picture, in pixels; a soft one fades towards its edge, as a reflection does. */
interface Thing {
  readonly middle: Point;
  readonly across: number;
  readonly down: number;
  readonly radians: number;
  readonly colour: Colour;
  readonly soft: boolean;
}

interface Places {
  readonly left: Point;
  readonly between: Point;
  readonly mouth: Point;
  /** The distance of the eyes in pixels, by which everything is measured. */
  readonly unit: number;
}

/** Where each thing is; `away` runs from 0, on the face, to 1, beside it. */
const THINGS: Readonly<Record<Touch, (at: Places, away: number) => Thing>> = {
  finger_on_eye: ({ left, unit }, away) => ({
    ...thing(beside(left, -0.5 - 1.8 * away, 0.25 + 0.8 * away, unit), 0.9 * unit, 0.25 * unit, SKIN),
    radians: -0.45,
  }),
  finger_on_eyes: ({ between, unit }, away) =>
    thing(beside(between, 0, -1.6 * away, unit), 1.2 * unit, 0.22 * unit, SKIN),
  finger_on_mouth: ({ mouth, unit }, away) =>
    thing(beside(mouth, 0, 0.6 + 1.6 * away, unit), 0.25 * unit, 0.9 * unit, SKIN),
  pen_on_eyes: ({ between, unit }, away) => thing(beside(between, 0, -1.5 * away, unit), 2.5 * unit, 0.08 * unit, INK),
  pen_on_mouth: ({ mouth, unit }, away) => thing(beside(mouth, 0, 1.6 * away, unit), 2.5 * unit, 0.08 * unit, INK),
  glint_on_eye: ({ left, unit }, away) => ({
    ...thing(beside(left, -1.5 * away, 0, unit), 0.45 * unit, 0.3 * unit, LIGHT),
    soft: true,
  }),
};

function thing(middle: Point, across: number, down: number, colour: Colour): Thing {
  return { middle, across, down, radians: 0, colour, soft: false };
}

function beside({ x, y }: Point, right: number, below: number, unit: number): Point {
  return { x: x + right * unit, y: y + below * unit };
}

const SECONDS_AWAY_FIRST = 0.5;
const SECONDS_TO_AND_FRO = 1.2;

/** The still as it looks `seconds` after it was raised: bare at first, then touched to and fro. Throws where no face is. */
export async function touched(networks: Networks, still: Image, touch: Touch): Promise<(seconds: number) => Image> {
  const [face] = await detect(networks.detector, still, frameOf(still, 0));
  if (!face) throw new Error("a still without a face cannot be touched");
  const landmarks = await findLandmarks(networks.landmarks, still, face);
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  const between = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const mouth = middleOf(landmarks, [48, 51, 54, 57]);
  const places = { left, between, mouth, unit: Math.hypot(right.x - left.x, right.y - left.y) };
  return (seconds) => {
    const part = Math.max(0, (seconds - SECONDS_AWAY_FIRST) / SECONDS_TO_AND_FRO) % 1;
    return drawn(still, THINGS[touch](places, Math.abs(2 * part - 1)));
  };
}

function drawn(still: Image, { middle, across, down, radians, colour, soft }: Thing): Image {
  const data = Uint8Array.from(still.data);
  const [cosine, sine] = [Math.cos(radians), Math.sin(radians)];
  for (let i = 0; i < still.width * still.height; i++) {
    const [x, y] = [(i % still.width) - middle.x, Math.floor(i / still.width) - middle.y];
    const far = Math.hypot((x * cosine + y * sine) / across, (y * cosine - x * sine) / down);
    if (far >= 1) continue;
    const [share, light] = soft ? [Math.min(1, 1.2 * (1 - far)), 1] : [1, 0.75 + 0.25 * (1 - far)];
    for (const [k, value] of colour.entries()) {
      data[i * 3 + k] = (1 - share) * (data[i * 3 + k] as number) + share * light * value;
    }
  }
  return { ...still, data };
}
