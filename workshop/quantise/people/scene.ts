import type { Image } from "../../../models/imaging/image.ts";
import { randomOf } from "../random.ts";
import { gaussOf } from "./person.ts";
import type { Camera } from "./raster.ts";
import type { Colour, Lamp, Light } from "./shade.ts";

/** Where somebody is photographed: light, background, and how the head is held. */
export interface Scene {
  readonly camera: Omit<Camera, "centre">;
  readonly light: Light;
  /** How strong the noise of the camera is, in grey levels. */
  readonly noise: number;
  readonly seed: number;
}

/** A decimetre's share of the picture: a head fills about half of it. */
const SCALE = 0.33;

/** A random scene of a room with one lamp and a weaker one; one seed always gives the same. Pure. */
export function newScene(seed: number): Scene {
  const next = randomOf(seed * 104_729 + 3);
  const warmth = 0.9 + 0.2 * next();
  const strength = 0.55 + 0.5 * next();
  const camera = {
    ...{ yaw: gaussOf(next) * 0.16, pitch: gaussOf(next) * 0.1, roll: gaussOf(next) * 0.05 },
    ...{ distance: 9 + 14 * next(), scale: SCALE },
  };
  const lamps = [
    lampOf([gaussOf(next) * 0.7, 0.5 + 0.6 * next(), 1], strength, warmth),
    lampOf([gaussOf(next) * 1.2, 0.3 * gaussOf(next), 0.8], 0.35 * next(), warmth),
  ];
  const ambient = 0.2 + 0.3 * next();
  const [above, below] = [greyOf(next, 60, 160), greyOf(next, 40, 150)];
  const light = { lamps, ambient, above, below, aslant: 80 * (next() - 0.5) };
  return { camera, light, noise: 2 + 6 * next(), seed };
}

function lampOf([x, y, z]: readonly [number, number, number], strength: number, warmth: number): Lamp {
  const length = Math.hypot(x, y, z);
  return {
    from: [x / length, y / length, z / length],
    colour: [strength * warmth, strength, strength * (2 - warmth)],
  };
}

function greyOf(next: () => number, least: number, range: number): Colour {
  const grey = least + range * next();
  return [grey + 20 * next(), grey + 20 * next(), grey + 20 * next()];
}

/** What a camera makes of a drawn picture: each value moves by its noise (three uniform numbers make a bell). */
export function photograph({ width, height, data }: Image, { noise, seed }: Scene): Image {
  const next = randomOf(seed);
  const noisy = Uint8Array.from(data, (value) =>
    Math.min(255, Math.max(0, value + (next() + next() + next() - 1.5) * 2 * noise)),
  );
  return { width, height, data: noisy };
}
