import type { Image } from "../../models/imaging/image.ts";

/** The mean of the pictures taken while the shutter was open. */
export function exposed(views: readonly Image[], light: number): Image {
  const [first] = views;
  if (!first) throw new Error("an exposure has at least one view");
  const data = new Uint8Array(first.data.length);
  for (let i = 0; i < data.length; i++) {
    let sum = 0;
    for (const one of views) sum += one.data[i] as number;
    data[i] = (sum * light) / views.length + 0.5;
  }
  return { ...first, data };
}

const GRAINS = 1 << 16;

/** Adds normally distributed noise: values of one table, from another place of it for each picture. */
export function grain(deviation: number, random: () => number): (picture: Image) => Image {
  const table = Float32Array.from({ length: GRAINS }, () => deviation * normal(random));
  return (picture) => {
    let at = Math.floor(random() * GRAINS);
    const stride = 1 + 2 * Math.floor(random() * 500);
    const data = new Uint8ClampedArray(picture.data.length);
    for (let i = 0; i < data.length; i++) {
      at = (at + stride) % GRAINS;
      data[i] = (picture.data[i] as number) + (table[at] as number);
    }
    return { ...picture, data: new Uint8Array(data.buffer) };
  };
}

/** Box and Muller's normal deviate. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
