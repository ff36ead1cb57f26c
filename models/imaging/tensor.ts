import { faces } from "../native/faces.ts";
import type { Pixels } from "../runtime/network.ts";
import { type Image, luma } from "./image.ts";

/** The input format of a network: the order of its channels, and `(value - mean) / scale` for each. */
export interface Preprocessing {
  readonly colour: "rgb" | "bgr" | "luma";
  readonly mean: number;
  readonly scale: number;
  /** `uint8`: the bytes of the pixels, without mean and scale. */
  readonly type?: "float32" | "uint8" | undefined;
}

/** A tensor for images of this size. */
export function newTensor({ width, height }: Image, { colour, type }: Preprocessing): Pixels {
  const size = width * height * (colour === "luma" ? 1 : 3);
  return type === "uint8" ? new Uint8Array(size) : new Float32Array(size);
}

/** Writes an image into a planar tensor of shape channels × height × width (1 channel for luma, else 3). */
export function toTensor(image: Image, how: Preprocessing, out = newTensor(image, how)): Pixels {
  // One loop for each array class: V8 optimises a loop for one class only.
  if (out instanceof Uint8Array) {
    return how.colour === "luma" ? lumaBytes(image, out) : colourBytes(image, out, how.colour);
  }
  return how.colour === "luma" ? lumaFloats(image, out, how) : colourFloats(image, out, how);
}

/** Writes lumas into a tensor of one channel. */
export function lumasToTensor(lumas: Uint8Array, { mean, scale }: Preprocessing, out: Pixels): void {
  if (out instanceof Uint8Array) out.set(lumas);
  else for (let i = 0; i < out.length; i++) out[i] = ((lumas[i] as number) - mean) / scale;
}

function lumaBytes({ data }: Image, out: Uint8Array): Uint8Array {
  for (let i = 0; i < out.length; i++) {
    out[i] = luma(data[i * 3] as number, data[i * 3 + 1] as number, data[i * 3 + 2] as number) + 0.5;
  }
  return out;
}

function colourBytes({ data, width, height }: Image, out: Uint8Array, colour: "rgb" | "bgr"): Uint8Array {
  faces().planesOfBytes(data, width, height, colour === "bgr", out);
  return out;
}

function lumaFloats({ data }: Image, out: Float32Array, { mean, scale }: Preprocessing): Float32Array {
  for (let i = 0; i < out.length; i++) {
    const value = luma(data[i * 3] as number, data[i * 3 + 1] as number, data[i * 3 + 2] as number);
    out[i] = (value - mean) / scale;
  }
  return out;
}

function colourFloats({ data, width, height }: Image, out: Float32Array, how: Preprocessing): Float32Array {
  faces().planesOfFloats(data, width, height, how.colour === "bgr", out, tableOf(how));
  return out;
}

/** The number for each byte. */
function tableOf({ mean, scale }: Preprocessing): Float32Array {
  return Float32Array.from({ length: 256 }, (_, value) => (value - mean) / scale);
}
