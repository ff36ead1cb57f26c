import type { Canvas } from "../imaging/crop.ts";
import type { Image } from "../imaging/image.ts";
import { faces } from "../native/faces.ts";

/** Sharpens images of one size into the same memory, which `wipe` overwrites. */
export interface Sharpener {
  /** The sharpened image, valid until the next call. The input is not changed. */
  sharpen(image: Image): Image;
  wipe(): void;
}

/**
 * Unsharp masking: each value moves away from the weighted mean of its five by five neighbours (binomials 1 4 6 4 1, a
 * Gaussian of σ = 1) by `amount` times the difference. 0 changes nothing. The photo of an ID chip, and a face aligned
 * from few pixels, are softer than the training data of embedders.
 */
export function newSharpener(width: number, height: number, amount: number): Sharpener {
  const canvas: Canvas = { width, height, data: new Uint8Array(width * height * 3) };
  const across = new Uint16Array(canvas.data.length);
  const share = Math.round(amount * 256);
  return {
    sharpen(image) {
      if (share === 0) return image;
      faces().sharpen(image.data, width, height, share, across, canvas.data);
      return canvas;
    },
    wipe() {
      canvas.data.fill(0);
      across.fill(0);
    },
  };
}
