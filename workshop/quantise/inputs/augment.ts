import type { Image } from "../../../models/imaging/image.ts";
import { resample } from "../../../models/imaging/resize.ts";
import { randomOf } from "./random.ts";

/**
 * Varies an image as another light or camera would: brightness, contrast, a colour cast, a mirror, a loss of detail,
 * chosen by `seed`. Seed 0 is the image itself. Pure.
 */
export function vary(picture: Image, seed: number): Image {
  if (seed === 0) return picture;
  const next = randomOf(seed);
  const between = (low: number, high: number) => low + (high - low) * next();
  const gain = 2 ** between(-1.3, 0.7);
  const gamma = between(0.75, 1.3);
  const cast = [between(0.85, 1.15), between(0.93, 1.07), between(0.8, 1.2)];
  const mirrored = next() < 0.5;
  const shrunk = between(0.35, 1);
  const tables = cast.map((factor) => lightTable(gain * factor, gamma));
  return lit(blurred(picture, Math.sqrt(shrunk)), tables, mirrored);
}

function lightTable(gain: number, gamma: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => Math.min(255, 255 * gain * (value / 255) ** gamma + 0.5));
}

/** Removes detail by reducing and enlarging. */
function blurred(picture: Image, factor: number): Image {
  const { width, height } = picture;
  const [small, low] = [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
  const shrunk = resample(picture, { x: 0, y: 0, width, height }, small, low);
  return resample(shrunk, { x: 0, y: 0, width: small, height: low }, width, height);
}

function lit({ width, height, data }: Image, tables: readonly Uint8Array[], mirrored: boolean): Image {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + (mirrored ? width - 1 - x : x)) * 3;
      const to = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) out[to + c] = tables[c]?.[data[from + c] as number] as number;
    }
  }
  return { width, height, data: out };
}
