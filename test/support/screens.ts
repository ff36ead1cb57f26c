import type { Image } from "../../models/imaging/image.ts";
import { resample } from "../../models/imaging/resize.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { grain } from "./exposure.ts";
import { handHeld } from "./made-attacks.ts";
import { drawPaper } from "./paper.ts";

/** How a film is held before the camera on a screen: with its bezel in sight, or so near that it is not. */
export const SCREENS = ["screen_edged", "screen_edgeless"] as const;
export type Screen = (typeof SCREENS)[number];

/** What the camera sees of a screen that plays a film: bezel and room, moiré, a lamp's glare, a hand's shaking, noise. */
export function* screenFilm(film: (picture: number) => Image, screen: Screen, seed: number, framesPerSecond: number) {
  const random = randomOf(seed);
  const pose = handHeld(random);
  const [share, wall, bezel] = [0.55 + 0.2 * random(), 70 + 120 * random(), 5 + 30 * random()];
  const [stripes, shine] = [moire(random), glare(random)];
  const noise = grain(1 + 2 * random(), random);
  for (let i = 0; ; i++) {
    const played = film(i);
    const shown = screen === "screen_edged" ? framed(played, share, wall, bezel) : played;
    yield noise(shine(drawPaper(stripes(shown, i), pose(i / framesPerSecond))));
  }
}

const BEZEL = 0.025;

/** The film, smaller, within a bezel before a wall. */
function framed(film: Image, share: number, wall: number, bezel: number): Image {
  const { width, height } = film;
  const data = new Uint8Array(width * height * 3).fill(wall);
  const [across, down] = [Math.round(width * share), Math.round(height * share)];
  const [left, top, rim] = [(width - across) >> 1, (height - down) >> 1, Math.round(width * BEZEL)];
  const small = resample(film, { x: 0, y: 0, width, height }, across, down);
  for (let y = top - rim; y < top + down + rim; y++) {
    data.fill(bezel, (y * width + left - rim) * 3, (y * width + left + across + rim) * 3);
  }
  for (let y = 0; y < down; y++) {
    data.set(small.data.subarray(y * across * 3, (y + 1) * across * 3), ((top + y) * width + left) * 3);
  }
  return { width, height, data };
}

/** Stripes where the camera's pixels and the screen's beat, a few hundredths of the light. */
function moire(random: () => number): (image: Image, picture: number) => Image {
  const [across, down, depth, drift] = [0.9 * random() - 0.45, 0.9 * random() - 0.45, 0.02 + 0.03 * random(), random()];
  return ({ width, height, data }, picture) => {
    const striped = Uint8Array.from(data, (value, at) => {
      const pixel = Math.floor(at / 3);
      const phase = across * (pixel % width) + down * Math.floor(pixel / width) + drift * picture;
      return Math.min(255, value * (1 + depth * Math.sin(phase)));
    });
    return { width, height, data: striped };
  };
}

/** The soft image of a lamp in the glass, which stays where it is when the screen moves. */
function glare(random: () => number): (image: Image) => Image {
  const [x, y, size, light] = [random(), random(), 0.08 + 0.1 * random(), 60 * random()];
  return ({ width, height, data }) => {
    const lit = Uint8Array.from(data, (value, at) => {
      const pixel = Math.floor(at / 3);
      const away = Math.hypot((pixel % width) / width - x, Math.floor(pixel / width) / height - y) / size;
      return Math.min(255, value + light * Math.exp(-away * away));
    });
    return { width, height, data: lit };
  };
}
