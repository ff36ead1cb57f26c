import type { Network, Pixels } from "../runtime/network.ts";
import { type Canvas, crop, cropLuma, type Shrinking } from "./crop.ts";
import type { Box, Image, LumaImage } from "./image.ts";
import { lumasToTensor, newTensor, type Preprocessing, toTensor } from "./tensor.ts";

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

/** Runs a network that takes lumas on a region of an image without colours. One call at a time. */
export function showLuma(
  { network, preprocessing, canvas, tensor }: NetworkInput,
  image: LumaImage,
  region: Box,
  shrinking: Shrinking,
): Promise<readonly Float32Array[]> {
  const { width, height } = canvas;
  const lumas = canvas.data.subarray(0, width * height);
  cropLuma(image, region, { width, height, lumas }, shrinking);
  lumasToTensor(lumas, preprocessing, tensor);
  return network.run(tensor);
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
