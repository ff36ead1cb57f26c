import type { Network, Pixels } from "../runtime/network.ts";
import { type Canvas, crop, type Shrinking } from "./crop.ts";
import type { Box, Image } from "./image.ts";
import { newTensor, type Preprocessing, toTensor } from "./tensor.ts";

/** A network with what its input is drawn on: memory that is used again for each picture, and overwritten by `wipe`. */
export interface NetworkInput {
  readonly network: Network;
  readonly preprocessing: Preprocessing;
  readonly canvas: Canvas;
  readonly tensor: Pixels;
}

/** Gives a network its canvas of `width` × `height` pixels. */
export function networkInput(
  network: Network,
  preprocessing: Preprocessing,
  width: number,
  height: number,
): NetworkInput {
  const canvas = { width, height, data: new Uint8Array(width * height * 3) };
  return { network, preprocessing, canvas, tensor: newTensor(canvas, preprocessing) };
}

/** Shows a network a region of a picture. One call at a time: the canvas is the network's only one. */
export function show(
  to: NetworkInput,
  picture: Image,
  region: Box,
  shrinking: Shrinking,
): Promise<readonly Float32Array[]> {
  crop(picture, region, to.canvas, shrinking);
  return showWhole(to, to.canvas);
}

/** Shows a network a picture that has its size already. */
export function showWhole(
  { network, preprocessing, tensor }: NetworkInput,
  picture: Image,
): Promise<readonly Float32Array[]> {
  toTensor(picture, preprocessing, tensor);
  return network.run(tensor);
}

/** Overwrites what is left of the last picture. */
export function wipe({ canvas, tensor }: NetworkInput): void {
  canvas.data.fill(0);
  tensor.fill(0);
}
