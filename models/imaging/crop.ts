import { faces } from "../native/faces.ts";
import type { Box, Image, LumaImage } from "./image.ts";

/** An image that is drawn again for each frame, so that frames cause no garbage. */
export type Canvas = Image;

/**
 * How a region that is larger than the canvas is reduced. `spread`: the mean of four source pixels that are half an
 * output pixel apart, which averages noise and loses little. `nearest`: the four nearest source pixels at any scale,
 * like OpenCV's INTER_LINEAR, for networks that were trained on images reduced in this way.
 */
export type Shrinking = "spread" | "nearest";

/**
 * Draws `region` of an image over the whole `canvas`, bilinear. Pixels outside the image are black. It is fast: integers and
 * one pass (models/native/crop.c). `resample` has better quality.
 */
export function crop(image: Image, region: Box, canvas: Canvas, shrinking: Shrinking): void {
  const { x, y, width, height } = region;
  const spread = shrinking === "spread";
  const to = [canvas.data, canvas.width, canvas.height] as const;
  faces().cropColour(image.data, image.width, image.height, x, y, width, height, spread, ...to);
}

/** As `crop`, for lumas. */
export function cropLuma(image: LumaImage, region: Box, canvas: LumaImage, shrinking: Shrinking): void {
  const { x, y, width, height } = region;
  const spread = shrinking === "spread";
  const to = [canvas.lumas, canvas.width, canvas.height] as const;
  faces().cropLuma(image.lumas, image.width, image.height, x, y, width, height, spread, ...to);
}
