import type { LumaImage, RgbImage } from "./jpeg.ts";

/** How far a picture is turned clockwise, in degrees, so that people stand upright in it. */
export type QuarterTurn = 0 | 90 | 180 | 270;
export const QUARTER_TURNS: readonly QuarterTurn[] = [0, 90, 180, 270];

/** Where the pixel (x, y) of a picture of this size comes to lie: `origin + x * right + y * down`, in pixels. */
interface Placing {
  readonly width: number;
  readonly height: number;
  readonly origin: number;
  readonly right: number;
  readonly down: number;
}

export function placingOf(width: number, height: number, degrees: QuarterTurn): Placing {
  switch (degrees) {
    case 0:
      return { width, height, origin: 0, right: 1, down: width };
    case 90:
      return { width: height, height: width, origin: height - 1, right: height, down: -1 };
    case 180:
      return { width, height, origin: width * height - 1, right: -1, down: -width };
    case 270:
      return { width: height, height: width, origin: height * (width - 1), right: -height, down: 1 };
  }
}

/** Turns a picture into `memory` if it fits, else into new memory. */
export function turnImage({ width, height, data }: RgbImage, degrees: QuarterTurn, memory: Uint8Array): RgbImage {
  const placing = placingOf(width, height, degrees);
  const out = memory.length >= data.length ? memory.subarray(0, data.length) : new Uint8Array(data.length);
  for (let y = 0, from = 0; y < height; y++) {
    let to = (placing.origin + y * placing.down) * 3;
    for (let x = 0; x < width; x++, from += 3, to += placing.right * 3) {
      out[to] = data[from] as number;
      out[to + 1] = data[from + 1] as number;
      out[to + 2] = data[from + 2] as number;
    }
  }
  return { width: placing.width, height: placing.height, data: out };
}

/** As `turnImage`, without colours. */
export function turnLumas({ width, height, lumas }: LumaImage, degrees: QuarterTurn, memory: Uint8Array): LumaImage {
  const placing = placingOf(width, height, degrees);
  const out = memory.length >= lumas.length ? memory.subarray(0, lumas.length) : new Uint8Array(lumas.length);
  for (let y = 0, from = 0; y < height; y++) {
    let to = placing.origin + y * placing.down;
    for (let x = 0; x < width; x++, from++, to += placing.right) out[to] = lumas[from] as number;
  }
  return { width: placing.width, height: placing.height, lumas: out };
}
