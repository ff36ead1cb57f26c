import type { Landmarks } from "../../models/detection/landmarks.ts";
import { leftEye, rightEye } from "../../models/detection/landmarks.ts";
import type { Image } from "../../models/imaging/image.ts";
import { resample } from "../../models/imaging/resize.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { grain } from "./exposure.ts";
import { wearMask } from "./masks.ts";

interface Seen {
  readonly picture: Image;
  readonly landmarks: Landmarks;
}

/** A frame of a film as a camera sees it, and where the face is in it. */
export interface Scene extends Seen {
  /** Another person, who may step beside the first; the same one where there is no other. */
  readonly other?: Seen | undefined;
}

/** What can be wrong where a camera stands. Each is drawn over frames of real films. */
export const CONDITIONS = {
  as_filmed: (scene) => scene.picture,
  dark: ({ picture }) => noisy(mapped(picture, (value) => value * 0.07)),
  dim: ({ picture }) => noisy(mapped(picture, (value) => value * 0.16)),
  backlit: backlit,
  lit_from_one_side: sideLit,
  glaring: ({ picture }) => mapped(picture, (value) => value * 2.6 + 60),
  tilted_left: ({ picture, landmarks }) => turnedAbout(picture, landmarks, -20),
  tilted_right: ({ picture, landmarks }) => turnedAbout(picture, landmarks, 20),
  blurred: ({ picture, landmarks }) => blurred(picture, eyeDistance(landmarks) * 0.16),
  moving: ({ picture, landmarks }) => smeared(picture, Math.round(eyeDistance(landmarks) * 0.5)),
  near: (scene) => framed(scene, 0.36 * scene.picture.width, { x: 0.5, y: 0.36 }),
  far: (scene) => framed(scene, 17, { x: 0.5, y: 0.45 }),
  off_to_the_side: (scene) => framed(scene, 0.11 * scene.picture.width, { x: 0.03, y: 0.45 }),
  off_to_the_top: (scene) => framed(scene, 0.11 * scene.picture.width, { x: 0.5, y: 0.02 }),
  turned_90: ({ picture }) => quarterTurned(picture, 1),
  turned_180: ({ picture }) => quarterTurned(picture, 2),
  turned_270: ({ picture }) => quarterTurned(picture, 3),
  masked: ({ picture, landmarks }) => wearMask(picture, landmarks, "surgical_blue", "high"),
  two_people: (scene) => besideEachOther(scene, scene.other ?? scene),
  cool: ({ picture }) => tinted(picture, [0.75, 0.95, 1.2]),
  warm: ({ picture }) => tinted(picture, [1.2, 0.95, 0.65]),
  nobody: ({ picture, landmarks }) => emptyRoom(picture, landmarks),
} as const satisfies Readonly<Record<string, (scene: Scene) => Image>>;

export type Condition = keyof typeof CONDITIONS;

/** A frame as a camera of so many pixels, 4:3, would have it: cut to its proportions about the middle, and scaled. */
export function asCamera(picture: Image, pixelsWide: number): Image {
  const scale = Math.min(picture.width / 4, picture.height / 3);
  const [width, height] = [4 * scale, 3 * scale];
  const region = { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
  return resample(picture, region, pixelsWide, (pixelsWide * 3) / 4);
}

function mapped(picture: Image, change: (value: number, i: number) => number): Image {
  const data = new Uint8ClampedArray(picture.data.length);
  for (let i = 0; i < data.length; i++) data[i] = change(picture.data[i] as number, i);
  return { ...picture, data: new Uint8Array(data.buffer) };
}

const noisy = grain(2, randomOf(7));

function tinted(picture: Image, gains: readonly number[]): Image {
  return mapped(picture, (value, i) => value * (gains[i % 3] as number));
}

function eyeDistance(landmarks: Landmarks): number {
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  return Math.hypot(right.x - left.x, right.y - left.y);
}

/** How much a pixel belongs to the person, 0…1: an oval about the face, and shoulders below it. */
function personAt(landmarks: Landmarks): (x: number, y: number) => number {
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  const eye = eyeDistance(landmarks);
  const middle = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 + 0.35 * eye };
  return (x, y) => {
    const head = Math.hypot((x - middle.x) / (1.25 * eye), (y - middle.y) / (1.75 * eye));
    const body = y > middle.y + eye ? Math.abs(x - middle.x) / (1.2 * eye + 0.9 * (y - middle.y)) : 9;
    return Math.max(0, Math.min(1, (1.1 - Math.min(head, body)) / 0.2));
  };
}

/** A window behind the person: the room is white, the person in its own shadow, and the lens flares a little. */
function backlit({ picture, landmarks }: Scene): Image {
  const isPerson = personAt(landmarks);
  return mapped(picture, (value, i) => {
    const at = Math.floor(i / 3);
    const share = isPerson(at % picture.width, Math.floor(at / picture.width));
    return share * (value * 0.22 + 8) + (1 - share) * (190 + value * 0.5);
  });
}

function sideLit({ picture, landmarks }: Scene): Image {
  const middle = (leftEye(landmarks).x + rightEye(landmarks).x) / 2;
  const eye = eyeDistance(landmarks);
  return mapped(picture, (value, i) => {
    const x = Math.floor(i / 3) % picture.width;
    const light = 0.12 + 0.95 / (1 + Math.exp(-(x - middle) / (0.12 * eye)));
    return value * light;
  });
}

/** Tilted by so many degrees about the face: black where the camera saw nothing. */
function turnedAbout(picture: Image, landmarks: Landmarks, degrees: number): Image {
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  const own = Math.atan2(right.y - left.y, right.x - left.x);
  const angle = (degrees * Math.PI) / 180 - own;
  const [cx, cy] = [(left.x + right.x) / 2, (left.y + right.y) / 2];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return drawnFrom(picture, (x, y) => ({
    x: cx + (x - cx) * cos + (y - cy) * sin,
    y: cy - (x - cx) * sin + (y - cy) * cos,
  }));
}

type At = { readonly x: number; readonly y: number };

/** Each pixel from where `source` says it lies, bilinear; the picture's edge goes on outside of it. */
function drawnFrom(picture: Image, source: (x: number, y: number) => At): Image {
  const { width, height } = picture;
  const data = new Uint8Array(picture.data.length);
  const pixel = (x: number, y: number, c: number) =>
    picture.data[
      (Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) * 3 + c
    ] as number;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = source(x, y);
      const [x0, y0] = [Math.floor(from.x), Math.floor(from.y)];
      const [dx, dy] = [from.x - x0, from.y - y0];
      for (let c = 0; c < 3; c++) {
        const above = pixel(x0, y0, c) * (1 - dx) + pixel(x0 + 1, y0, c) * dx;
        const below = pixel(x0, y0 + 1, c) * (1 - dx) + pixel(x0 + 1, y0 + 1, c) * dx;
        data[(y * width + x) * 3 + c] = above * (1 - dy) + below * dy + 0.5;
      }
    }
  }
  return { width, height, data };
}

/** The person with eyes so far apart, and the middle between them at a place of the picture (0…1). */
function framed({ picture, landmarks }: Seen, wanted: number, { x, y }: At): Image {
  const scale = eyeDistance(landmarks) / wanted;
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  const [ex, ey] = [(left.x + right.x) / 2, (left.y + right.y) / 2];
  const small = scale > 1.5 ? smeared(smearedDown(picture, Math.round(scale)), Math.round(scale)) : picture;
  return drawnFrom(small, (px, py) => ({
    x: ex + (px - x * picture.width) * scale,
    y: ey + (py - y * picture.height) * scale,
  }));
}

/** The mean of as many pixels as the camera moved while the shutter was open. */
function smeared({ width, height, data }: Image, length: number): Image {
  return boxed({ width, height, data }, length, 1, width);
}

function smearedDown({ width, height, data }: Image, length: number): Image {
  return boxed({ width, height, data }, length, width, height);
}

/** A box filter along one axis by running sums: `step` pixels from one to the next, `limit` of them. */
function boxed({ width, height, data }: Image, length: number, step: number, limit: number): Image {
  const out = new Uint8Array(data.length);
  const half = Math.max(1, length >> 1);
  const rows = (width * height) / limit;
  const sums = new Float64Array(limit + 1);
  for (let row = 0; row < rows * 3; row++) {
    const first = (step === 1 ? Math.floor(row / 3) * width : Math.floor(row / 3)) * 3 + (row % 3);
    for (let k = 0; k < limit; k++) sums[k + 1] = (sums[k] as number) + (data[first + k * step * 3] as number);
    for (let k = 0; k < limit; k++) {
      const [from, to] = [Math.max(0, k - half), Math.min(limit, k + half + 1)];
      out[first + k * step * 3] = ((sums[to] as number) - (sums[from] as number)) / (to - from);
    }
  }
  return { width, height, data: out };
}

function blurred(picture: Image, radius: number): Image {
  const length = Math.max(2, Math.round(radius * 2));
  const once = smearedDown(smeared(picture, length), length);
  return smearedDown(smeared(once, length), length);
}

/** As a camera sees that is mounted with a quarter turn, so many times. */
export function quarterTurned(picture: Image, times: 1 | 2 | 3): Image {
  const { width, height, data } = picture;
  const [w, h] = times === 2 ? [width, height] : [height, width];
  const out = new Uint8Array(data.length);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [sx, sy] =
        times === 1 ? [y, height - 1 - x] : times === 2 ? [width - 1 - x, height - 1 - y] : [width - 1 - y, x];
      out.set(data.subarray((sy * width + sx) * 3, (sy * width + sx) * 3 + 3), (y * w + x) * 3);
    }
  }
  return { width: w, height: h, data: out };
}

/** Both as near as each other, each in the middle of one half. */
function besideEachOther(one: Seen, other: Seen): Image {
  const { width, height } = one.picture;
  const [left, right] = [one, other].map((seen) => framed(seen, BESIDE * width, { x: 0.5, y: 0.42 })) as [Image, Image];
  const data = new Uint8Array(one.picture.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = x < width / 2 ? left : right;
      const at = (y * width + (x < width / 2 ? x + width / 4 : x - width / 4)) * 3;
      data.set(from.data.subarray(at, at + 3), (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

/** The eye distance of each of two people beside each other, as a share of the picture's width. */
const BESIDE = 0.12;

/** The room beside the person, mirrored again and again until it fills the picture. */
function emptyRoom(picture: Image, landmarks: Landmarks): Image {
  const { width } = picture;
  const reach = 1.5 * eyeDistance(landmarks);
  const [left, right] = [leftEye(landmarks).x - reach, width - rightEye(landmarks).x - reach];
  const wide = Math.max(width / 20, left, right);
  const mirrored = (x: number) => wide - Math.abs(wide - (x % (2 * wide)));
  return drawnFrom(picture, (x, y) => ({ x: left >= right ? mirrored(x) : width - mirrored(x), y }));
}
