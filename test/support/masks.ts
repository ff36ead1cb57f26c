import type { Landmarks } from "../../models/detection/landmarks.ts";
import { type Image, luma, type Point } from "../../models/imaging/image.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";

type Colour = readonly [red: number, green: number, blue: number];

/** How a mask looks: its cloth, and how deep the shadows of its folds are, 0…1. */
interface Cloth {
  readonly colour: Colour;
  readonly folds: number;
  /** How much single threads differ, in steps of 8 bits. */
  readonly grain: number;
  /** Checks of a second colour, so many across the face. */
  readonly checks?: { readonly colour: Colour; readonly across: number };
}

const CLOTHS = {
  surgical_blue: { colour: [150, 195, 220], folds: 0.18, grain: 3 },
  surgical_white: { colour: [228, 228, 225], folds: 0.14, grain: 3 },
  cloth_black: { colour: [28, 28, 32], folds: 0.05, grain: 3 },
  cloth_grey: { colour: [125, 125, 128], folds: 0.06, grain: 6 },
  cloth_red: { colour: [150, 40, 45], folds: 0.08, grain: 5 },
  cloth_beige: { colour: [205, 170, 145], folds: 0.08, grain: 4 },
  cloth_checked: { colour: [60, 80, 140], folds: 0.05, grain: 4, checks: { colour: [220, 220, 225], across: 9 } },
} as const satisfies Readonly<Record<string, Cloth>>;

export type Mask = keyof typeof CLOTHS;
export const MASKS = Object.keys(CLOTHS) as readonly Mask[];

/** How high a mask sits: over the bridge of the nose as meant, or over its tip. */
export type Fit = "high" | "low";

/**
 * A face with a mask drawn over it, from jaw to nose, lit as the cheeks are. A drawing and no photograph: what real
 * masks do at their edges and to real light is not in it. Labelled faces are drawn on in tests only.
 */
export function wearMask(picture: Image, landmarks: Landmarks, mask: Mask, fit: Fit = "high", seed = 1): Image {
  const cloth: Cloth = CLOTHS[mask];
  const outline = outlineOf(landmarks, fit);
  const [left, right] = [Math.min(...outline.map(({ x }) => x)), Math.max(...outline.map(({ x }) => x))];
  const [top, bottom] = [Math.min(...outline.map(({ y }) => y)), Math.max(...outline.map(({ y }) => y))];
  const light = lightOf(picture, landmarks);
  const mono = isMono(picture);
  const random = randomOf(seed);
  const data = Uint8ClampedArray.from(picture.data);
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(picture.height, bottom); y++) {
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(picture.width, right); x++) {
      if (!isInside({ x, y }, outline)) continue;
      const [u, v] = [(x - left) / (right - left), (y - top) / (bottom - top)];
      const shade = light * shadeAt(u, v, cloth.folds);
      const thread = cloth.grain * (2 * random() - 1);
      const colour = colourAt(u, v, cloth).map((value) => value * shade + thread) as unknown as Colour;
      data.set(mono ? grey(colour) : colour, (y * picture.width + x) * 3);
    }
  }
  return { ...picture, data: new Uint8Array(data.buffer) };
}

/** From ear to ear along the jaw, a little beyond it, and back over the nose. */
function outlineOf(landmarks: Landmarks, fit: Fit): readonly Point[] {
  const at = (index: number) => landmarks[index] as Point;
  const nose = at(fit === "high" ? 28 : 30);
  const first = fit === "high" ? 1 : 3;
  const jaw = Array.from({ length: 17 - 2 * first }, (_, i) => at(first + i));
  const centre = at(33);
  const beyond = jaw.map(({ x, y }) => ({ x: centre.x + (x - centre.x) * 1.04, y: centre.y + (y - centre.y) * 1.04 }));
  return [
    ...beyond,
    { x: (at(16 - first).x + 2 * nose.x) / 3, y: nose.y },
    nose,
    { x: (at(first).x + 2 * nose.x) / 3, y: nose.y },
  ];
}

function isInside({ x, y }: Point, outline: readonly Point[]): boolean {
  let inside = false;
  outline.forEach((one, i) => {
    const other = outline.at(i - 1) ?? one;
    if (one.y > y === other.y > y) return;
    if (x < ((other.x - one.x) * (y - one.y)) / (other.y - one.y) + one.x) inside = !inside;
  });
  return inside;
}

/** Darker to the sides, as a face is round, and three folds across. */
function shadeAt(u: number, v: number, folds: number): number {
  const round = 1 - 0.35 * (2 * u - 1) ** 2 - 0.1 * Math.max(0, v - 0.6);
  return round * (1 - folds * Math.max(0, Math.cos(6.28 * (v * 4 + 0.15 * Math.cos(6.28 * u)))) ** 8);
}

function colourAt(u: number, v: number, { colour, checks }: Cloth): Colour {
  if (!checks) return colour;
  const odd = (Math.floor(u * checks.across) + Math.floor(v * checks.across)) % 2 === 1;
  return odd ? checks.colour : colour;
}

/** How bright the cheeks are beside a well lit face's. */
function lightOf({ data, width, height }: Image, landmarks: Landmarks): number {
  const around = [2, 14, 29].map((index) => landmarks[index] as Point);
  const lumas = around.map(({ x, y }) => {
    const column = Math.min(width - 1, Math.max(0, Math.round(x)));
    const at = (Math.min(height - 1, Math.max(0, Math.round(y))) * width + column) * 3;
    return luma(data[at] as number, data[at + 1] as number, data[at + 2] as number);
  });
  return Math.min(1.1, Math.max(0.35, Math.max(...lumas) / 170));
}

function isMono({ data }: Image): boolean {
  for (let i = 0; i < data.length; i += 3) {
    if (Math.abs((data[i] as number) - (data[i + 1] as number)) > 6) return false;
  }
  return true;
}

function grey([red, green, blue]: Colour): Colour {
  const value = luma(red, green, blue);
  return [value, value, value];
}
