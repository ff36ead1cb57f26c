import { luma, type Picture } from "./picture.ts";

/** How a network wants its pixels: the order of its channels, and `(value - mean) / scale` for each. */
export interface Preprocessing {
  readonly colour: "rgb" | "bgr" | "luma";
  readonly mean: number;
  readonly scale: number;
}

/** A picture as a planar float tensor of shape channels × height × width (1 channel for luma, else 3). */
export function toTensor(picture: Picture, how: Preprocessing): Float32Array {
  return how.colour === "luma" ? lumaTensor(picture, how) : colourTensor(picture, how);
}

function lumaTensor({ data, width, height }: Picture, { mean, scale }: Preprocessing): Float32Array {
  const out = new Float32Array(width * height);
  for (let i = 0; i < out.length; i++) {
    const value = luma(data[i * 3] as number, data[i * 3 + 1] as number, data[i * 3 + 2] as number);
    out[i] = (value - mean) / scale;
  }
  return out;
}

function colourTensor({ data, width, height }: Picture, { colour, mean, scale }: Preprocessing): Float32Array {
  const plane = width * height;
  const out = new Float32Array(plane * 3);
  const [red, blue] = colour === "rgb" ? [0, 2 * plane] : [2 * plane, 0];
  for (let i = 0; i < plane; i++) {
    out[red + i] = ((data[i * 3] as number) - mean) / scale;
    out[plane + i] = ((data[i * 3 + 1] as number) - mean) / scale;
    out[blue + i] = ((data[i * 3 + 2] as number) - mean) / scale;
  }
  return out;
}
