import { frameOf } from "../../models/detection/boxes.ts";
import { detect } from "../../models/detection/detector.ts";
import { eyeDistanceOf, findLandmarks, type Landmarks } from "../../models/detection/landmarks.ts";
import type { Image } from "../../models/imaging/image.ts";
import type { Networks } from "../../models/pipeline/networks.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { grain } from "./exposure.ts";
import { closeEyes, cutOut, eyeHoles, mouthHole, openMouth } from "./face-warp.ts";
import { type Bend, drawPaper, type PaperPose } from "./paper.ts";

/** What somebody makes of a photograph before it is held before the camera, or does with it. */
export const MADE = ["turned", "bent_turned", "mouth_warp", "mouth_hole", "blink_and_mouth", "eye_holes"] as const;
export type Made = (typeof MADE)[number];

interface Still {
  readonly image: Image;
  readonly landmarks: Landmarks;
}

/** A scene at a moment, and how the paper is held then. */
type Scene = (seconds: number) => Image;

/** The film of one such attack, as many pictures as are asked for; the same seed gives the same film. */
export async function madeAttack(networks: Networks, image: Image, made: Made, seed: number, framesPerSecond: number) {
  const [face] = await detect(networks.detector, image, frameOf(image, 0));
  if (!face) throw new Error("a still without a face cannot be made into an attack");
  const still = { image, landmarks: await findLandmarks(networks.landmarks, image, face) };
  const random = randomOf(seed);
  return noisy(SCENES[made](still, random), grain(1 + 2 * random(), random), framesPerSecond);
}

function* noisy(scene: Scene, noise: (image: Image) => Image, framesPerSecond: number): Generator<Image, never> {
  for (let i = 0; ; i++) yield noise(scene(i / framesPerSecond));
}

const SCENES: Readonly<Record<Made, (still: Still, random: () => number) => Scene>> = {
  turned: ({ image }, random) => {
    const pose = turning(random);
    return (at) => drawPaper(image, pose(at));
  },
  bent_turned: ({ image, landmarks }, random) => {
    const pose = turning(random);
    const headsRadius = (1.3 + 1.2 * random()) * (eyeDistanceOf(landmarks) / image.width);
    const bend: Bend = { axis: random() < 0.8 ? "upright" : "level", radius: headsRadius };
    return (at) => drawPaper(image, pose(at), bend);
  },
  mouth_warp: ({ image, landmarks }, random) => {
    const [pose, opening] = [handHeld(random), speaking(random)];
    return (at) => drawPaper(openMouth(image, landmarks, opening(at)), pose(at));
  },
  mouth_hole: ({ image, landmarks }, random) => {
    const [pose, opening, behind] = [handHeld(random), speaking(random), sway(random, 0.01, 0.8)];
    return (at) => {
      const moving = drawPaper(openMouth(image, landmarks, opening(at)), { ...FLAT, x: behind(at), y: behind(at + 3) });
      return drawPaper(cutOut(image, moving, mouthHole(landmarks)), pose(at));
    };
  },
  blink_and_mouth: ({ image, landmarks }, random) => {
    const [pose, opening, closure] = [handHeld(random), speaking(random), blinking(random)];
    return (at) => {
      const blinked = closeEyes(image, landmarks, closure(at));
      return drawPaper(openMouth(blinked, landmarks, opening(at)), pose(at));
    };
  },
  eye_holes: ({ image, landmarks }, random) => {
    const [pose, closure, behind] = [handHeld(random), blinking(random), sway(random, 0.01, 0.8)];
    return (at) => {
      const moving = drawPaper(closeEyes(image, landmarks, closure(at)), { ...FLAT, x: behind(at), y: behind(at + 3) });
      return drawPaper(cutOut(image, moving, eyeHoles(landmarks)), pose(at));
    };
  },
};

const FLAT: PaperPose = { x: 0, y: 0, zoom: 1, roll: 0, yaw: 0, pitch: 0 };
const RADIANS = Math.PI / 180;

type Course = (seconds: number) => number;

/** To and fro, slowly and a little faster, from a place of chance on. */
function sway(random: () => number, size: number, perSecond: number): Course {
  const [a, b, speed] = [6.28 * random(), 6.28 * random(), 6.28 * perSecond * (0.7 + 0.6 * random())];
  return (at) => size * (0.8 * Math.sin(speed * at + a) + 0.2 * Math.sin(2.7 * speed * at + b));
}

/** Held in a hand that is not quite still. */
export function handHeld(random: () => number): (seconds: number) => PaperPose {
  const [x, y, zoom] = [sway(random, 0.02, 0.5), sway(random, 0.02, 0.5), sway(random, 0.02, 0.3)];
  const [roll, yaw, pitch] = [2, 4, 4].map((degrees) => sway(random, degrees * RADIANS, 0.5)) as [
    Course,
    Course,
    Course,
  ];
  return (at) => ({ x: x(at), y: y(at), zoom: 1.05 + zoom(at), roll: roll(at), yaw: yaw(at), pitch: pitch(at) });
}

function turning(random: () => number): (seconds: number) => PaperPose {
  const [held, yaw] = [handHeld(random), sway(random, 32 * RADIANS, 0.3)];
  return (at) => ({ ...held(at), yaw: yaw(at) });
}

function speaking(random: () => number): Course {
  const speed = 6.28 * (1 + random());
  return (at) => 0.18 * Math.max(0, Math.sin(speed * at) * (0.6 + 0.4 * Math.sin(1.7 * at)));
}

/** A blink of three tenths of a second, every two or three seconds. */
function blinking(random: () => number): Course {
  const every = 2 + random();
  return (at) => {
    const part = (at % every) / 0.3;
    return part < 1 ? Math.sin(Math.PI * part) : 0;
  };
}
