import type { Network, Pixels } from "../runtime/network.ts";
import { type Canvas, crop, type Shrinking } from "./crop.ts";
import type { Box, Image } from "./image.ts";
import { newTensor, type Preprocessing, toTensor } from "./tensor.ts";

/** A network with the memory of its input, which is reused for each image and overwritten by `wipe`. */
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

/** Runs a network on a region of an image. One call at a time, because the network has one canvas. */
export function show(
  to: NetworkInput,
  image: Image,
  region: Box,
  shrinking: Shrinking,
): Promise<readonly Float32Array[]> {
  crop(image, region, to.canvas, shrinking);
  return showWhole(to, to.canvas);
}

/** Runs a network on an image that already has its size. */
export function showWhole(
  { network, preprocessing, tensor }: NetworkInput,
  image: Image,
): Promise<readonly Float32Array[]> {
  toTensor(image, preprocessing, tensor);
  return network.run(tensor);
}

/** Overwrites the last image. */
export function wipe({ canvas, tensor }: NetworkInput): void {
  canvas.data.fill(0);
  tensor.fill(0);
}
