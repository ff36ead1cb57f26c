import type { Image } from "../../models/imaging/image.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { exposed, grain } from "./exposure.ts";

/** How a still picture is held before the camera. A screen that plays a film is another attack, and not among these. */
export const SPECIES = ["static", "hand_held", "zooming", "tilted", "fast", "noisy", "bent", "dim"] as const;
export type Species = (typeof SPECIES)[number];

/** How far a hand moves a picture, each as an amplitude about the resting place. */
interface Handling {
  /** Shares of the picture's width. */
  readonly shift: number;
  /** Shares of the picture's size. */
  readonly zoom: number;
  readonly rollDegrees: number;
  /** Out of the picture's plane, to either side and up and down. */
  readonly tiltDegrees: number;
  /** How far the paper is bent about an upright axis: 1 / radius, in 1 / widths, to either side. */
  readonly bend: number;
  /** How many times a second the slow movement goes to and fro. */
  readonly sways: number;
  /** Share of a bright room's light; a camera in the dark lets its noise through with the picture. */
  readonly light: number;
  /** Standard deviation of the camera's noise, in steps of 8 bits. */
  readonly noise: number;
  /** Pictures within one exposure: what moves while the shutter is open is blurred. */
  readonly exposures: number;
}

const HANDLINGS: Readonly<Record<Species, Handling>> = {
  static: { shift: 0, zoom: 0, rollDegrees: 0, tiltDegrees: 0, bend: 0, sways: 0.5, light: 1, noise: 2, exposures: 1 },
  hand_held: {
    shift: 0.02,
    zoom: 0.02,
    rollDegrees: 2,
    tiltDegrees: 4,
    bend: 0,
    sways: 0.5,
    light: 1,
    noise: 2,
    exposures: 1,
  },
  zooming: {
    shift: 0.02,
    zoom: 0.15,
    rollDegrees: 2,
    tiltDegrees: 3,
    bend: 0,
    sways: 0.4,
    light: 1,
    noise: 2,
    exposures: 1,
  },
  tilted: {
    shift: 0.02,
    zoom: 0.03,
    rollDegrees: 4,
    tiltDegrees: 22,
    bend: 0,
    sways: 0.5,
    light: 1,
    noise: 2,
    exposures: 1,
  },
  fast: {
    shift: 0.1,
    zoom: 0.06,
    rollDegrees: 8,
    tiltDegrees: 8,
    bend: 0,
    sways: 1.2,
    light: 1,
    noise: 2,
    exposures: 3,
  },
  bent: {
    shift: 0.02,
    zoom: 0.02,
    rollDegrees: 2,
    tiltDegrees: 8,
    bend: 1.5,
    sways: 0.5,
    light: 1,
    noise: 2,
    exposures: 1,
  },
  noisy: {
    shift: 0.01,
    zoom: 0.01,
    rollDegrees: 1,
    tiltDegrees: 3,
    bend: 0,
    sways: 0.5,
    light: 1,
    noise: 8,
    exposures: 1,
  },
  dim: {
    shift: 0.02,
    zoom: 0.02,
    rollDegrees: 2,
    tiltDegrees: 4,
    bend: 0,
    sways: 0.5,
    light: 0.3,
    noise: 5,
    exposures: 1,
  },
};

/** Where the picture is at one moment: shifts in widths, angles in radians. */
interface Pose {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly roll: number;
  readonly yaw: number;
  readonly pitch: number;
  readonly bend: number;
}

/**
 * The pictures that a camera takes of a still that somebody holds before it, as many as are asked for. The same seed
 * gives the same film. The still fills the picture, and its edge is drawn out where it would come into sight: no frame,
 * no finger and no background gives the attack away. `touch` is the still as it looks after so many seconds, with what
 * somebody moves over it.
 */
export function* attackFilm(
  still: Image,
  species: Species,
  seed: number,
  framesPerSecond: number,
  touch: (seconds: number) => Image = () => still,
): Generator<Image, never> {
  const handling = HANDLINGS[species];
  const random = randomOf(seed);
  const poseAt = handle(handling, random);
  const noise = grain(handling.noise * (0.5 + random()), random);
  for (let i = 0; ; i++) {
    const moments = Array.from({ length: handling.exposures }, (_, k) => i + (k / handling.exposures) * 0.5);
    const scene = touch(i / framesPerSecond);
    const views = moments.map((moment) => view(scene, poseAt(moment / framesPerSecond)));
    yield noise(exposed(views, handling.light));
  }
}

/** A slow sway and a small tremor for each way to move, at chance frequencies and phases (tremor of hands: 8–12 Hz). */
function handle(handling: Handling, random: () => number): (seconds: number) => Pose {
  const wobble = (amplitude: number) => {
    const size = amplitude * (0.5 + random());
    const [sway, drift] = [handling.sways * (0.7 + 0.6 * random()), handling.sways * 0.37 * (0.7 + 0.6 * random())];
    const [tremor, a, b, c] = [8 + 4 * random(), 6.28 * random(), 6.28 * random(), 6.28 * random()];
    return (seconds: number) =>
      size *
      (0.7 * Math.sin(6.28 * sway * seconds + a) +
        0.3 * Math.sin(6.28 * drift * seconds + b) +
        0.06 * Math.sin(6.28 * tremor * seconds + c));
  };
  const radians = Math.PI / 180;
  const [x, y, zoom] = [wobble(handling.shift), wobble(handling.shift), wobble(handling.zoom)];
  const roll = wobble(handling.rollDegrees * radians);
  const [yaw, pitch] = [wobble(handling.tiltDegrees * radians), wobble(handling.tiltDegrees * radians)];
  const bend = wobble(handling.bend);
  const nearer = 1.04 + 0.08 * random();
  return (at) => ({
    x: x(at),
    y: y(at),
    zoom: nearer + zoom(at),
    roll: roll(at),
    yaw: yaw(at),
    pitch: pitch(at),
    bend: bend(at),
  });
}

/** Distance of the camera and its focal length, in widths of the picture: what the eye sees of a counter's width. */
const DISTANCE = 1.4;

type Vector = readonly [number, number, number];

/** The still as a plane in space, seen by a pinhole camera. */
function view(still: Image, pose: Pose): Image {
  const { width, height } = still;
  const data = new Uint8Array(width * height * 3);
  const [across, down] = directions(pose);
  const normal = cross(across, down);
  const centre: Vector = [pose.x * DISTANCE, pose.y * DISTANCE, DISTANCE / pose.zoom];
  const [reach, fromX, fromY] = [dot(normal, centre), dot(across, centre), dot(down, centre)];
  for (let y = 0, at = 0; y < height; y++) {
    const rayY = (y + 0.5 - height / 2) / width / DISTANCE;
    for (let x = 0; x < width; x++, at += 3) {
      const rayX = (x + 0.5 - width / 2) / width / DISTANCE;
      const far = reach / (normal[0] * rayX + normal[1] * rayY + normal[2]);
      const flatX = far * (across[0] * rayX + across[1] * rayY + across[2]) - fromX;
      const flatY = far * (down[0] * rayX + down[1] * rayY + down[2]) - fromY;
      const [sx, sy] = unbent(flatX, flatY, pose.bend);
      blend(still, sx * width + width / 2 - 0.5, sy * width + height / 2 - 0.5, data, at);
    }
  }
  return { width, height, data };
}

/** The place on a bent paper that is seen where the flat one has (x, y): nearer parts look larger, to second order. */
function unbent(x: number, y: number, bend: number): readonly [number, number] {
  const larger = 1 + (x * x * bend) / (2 * DISTANCE);
  return [x * (larger + (x * x * bend * bend) / 6), y * larger];
}

/** Where the plane's own x and y point to: turned in itself, then up and down, then sideways. */
function directions({ roll, yaw, pitch }: Pose): readonly [Vector, Vector] {
  const turned = ([x, y]: readonly [number, number]): Vector => {
    const [px, py] = [x * Math.cos(roll) - y * Math.sin(roll), x * Math.sin(roll) + y * Math.cos(roll)];
    const [qy, qz] = [py * Math.cos(pitch), py * Math.sin(pitch)];
    return [px * Math.cos(yaw) + qz * Math.sin(yaw), qy, qz * Math.cos(yaw) - px * Math.sin(yaw)];
  };
  return [turned([1, 0]), turned([0, 1])];
}

/** One pixel, bilinear; outside the still its edge goes on. */
function blend({ data, width, height }: Image, x: number, y: number, out: Uint8Array, at: number): void {
  const cx = Math.min(Math.max(x, 0), width - 1.001);
  const cy = Math.min(Math.max(y, 0), height - 1.001);
  const [left, top] = [Math.floor(cx), Math.floor(cy)];
  const [fx, fy] = [cx - left, cy - top];
  const upper = (top * width + left) * 3;
  const lower = upper + width * 3;
  for (let i = 0; i < 3; i++) {
    const above = (1 - fx) * (data[upper + i] as number) + fx * (data[upper + 3 + i] as number);
    const below = (1 - fx) * (data[lower + i] as number) + fx * (data[lower + 3 + i] as number);
    out[at + i] = (1 - fy) * above + fy * below + 0.5;
  }
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
