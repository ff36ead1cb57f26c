/** An image that surfaces are covered with: RGB or RGBA, 8 bits each. */
export interface Texture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

export type Colour = readonly [red: number, green: number, blue: number];
export type Direction = readonly [x: number, y: number, z: number];

export interface Lamp {
  /** Where the light comes from, of length 1. */
  readonly from: Direction;
  readonly colour: Colour;
}

/** How a surface throws light back, as shares 0…1; the higher `shine`, the smaller its highlights. */
export interface Gloss {
  readonly gloss: number;
  readonly shine: number;
}

/** Lamps, the light that comes from everywhere, and what is behind: a colour above, one below (0…255), brighter to a side. */
export interface Light {
  readonly lamps: readonly Lamp[];
  readonly ambient: number;
  readonly above: Colour;
  readonly below: Colour;
  readonly aslant: number;
}

/** Light goes around an edge a little in skin. */
const WRAP = 0.25;
/** A texture's colour and alpha at a place, 0…1, bilinear; textures stand on their heads. */
export function sample(
  { width, height, channels, data }: Texture,
  u: number,
  v: number,
): readonly [number, number, number, number] {
  const x = Math.min(width - 1.001, Math.max(0, u * width - 0.5));
  const y = Math.min(height - 1.001, Math.max(0, (1 - v) * height - 0.5));
  const [right, down] = [x % 1, y % 1];
  const at = (Math.floor(y) * width + Math.floor(x)) * channels;
  const row = width * channels;
  const channel = (k: number) =>
    (((data[at + k] as number) * (1 - right) + (data[at + channels + k] as number) * right) * (1 - down) +
      ((data[at + row + k] as number) * (1 - right) + (data[at + row + channels + k] as number) * right) * down) /
    255;
  return [channel(0), channel(1), channel(2), channels === 4 ? channel(3) : 1];
}

/** Lambert's cosine, wrapped around edges and less so where blood does not scatter, and Blinn's highlight; linear light. */
export function shade(
  colour: Colour,
  [x, y, z]: Direction,
  { gloss, shine }: Gloss,
  { lamps, ambient }: Light,
): Colour {
  const lit: [number, number, number] = [0, 0, 0];
  for (const { from, colour: lamp } of lamps) {
    const cosine = x * from[0] + y * from[1] + z * from[2];
    const half = Math.hypot(from[0], from[1], from[2] + 1);
    const facing = Math.max(0, (x * from[0] + y * from[1] + z * (from[2] + 1)) / half);
    const highlight = gloss * facing ** shine;
    for (let k = 0; k < 3; k++) {
      const wrap = k === 0 ? WRAP : WRAP / 2;
      const diffuse = Math.max(0, (cosine + wrap) / (1 + wrap));
      lit[k] = (lit[k] as number) + (lamp[k] as number) * ((colour[k] as number) ** 2 * diffuse + highlight);
    }
  }
  const around = ambient * (0.75 + 0.25 * y);
  return lit.map((value, k) => value + around * (colour[k] as number) ** 2) as unknown as Colour;
}
