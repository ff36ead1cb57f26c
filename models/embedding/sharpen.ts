import type { Canvas } from "../imaging/crop.ts";
import type { Image } from "../imaging/image.ts";

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
  const clamped = new Uint8ClampedArray(canvas.data.buffer);
  const share = Math.round(amount * 256);
  return {
    sharpen(image) {
      if (share === 0) return image;
      blurAcross(image, across);
      addDifferences(image, across, share, clamped);
      return canvas;
    },
    wipe() {
      canvas.data.fill(0);
      across.fill(0);
    },
  };
}

/** Sums along the rows, sixteen times the mean. The edge pixel is repeated outside. */
function blurAcross({ data, width, height }: Image, out: Uint16Array): void {
  for (let row = 0; row < height; row++) {
    for (let channel = 0; channel < 3; channel++) blurLine(data, out, row * width * 3 + channel, width);
  }
}

/** One colour of one row. Five values move along, so that each is read once. */
function blurLine(data: Uint8Array, out: Uint16Array, first: number, count: number): void {
  const last = first + (count - 1) * 3;
  let middle = data[first] as number;
  let [before2, before] = [middle, middle];
  let after = data[Math.min(last, first + 3)] as number;
  for (let at = first; at <= last; at += 3) {
    const after2 = data[Math.min(last, at + 6)] as number;
    out[at] = before2 + after2 + 4 * (before + after) + 6 * middle;
    before2 = before;
    before = middle;
    middle = after;
    after = after2;
  }
}

/** Sums along the columns, 256 times the mean, and writes the sharpened value. */
function addDifferences({ data, width }: Image, across: Uint16Array, share: number, out: Uint8ClampedArray): void {
  const row = width * 3;
  for (let column = 0; column < row; column++) sharpenColumn(data, across, row, column, share, out);
}

function sharpenColumn(
  data: Uint8Array,
  across: Uint16Array,
  row: number,
  first: number,
  share: number,
  out: Uint8ClampedArray,
): void {
  const last = data.length - row + first;
  let middle = across[first] as number;
  let [before2, before] = [middle, middle];
  let after = across[Math.min(last, first + row)] as number;
  for (let at = first; at <= last; at += row) {
    const after2 = across[Math.min(last, at + 2 * row)] as number;
    const value = data[at] as number;
    const difference = value * 256 - before2 - after2 - 4 * (before + after) - 6 * middle;
    out[at] = value + ((difference * share + 32_768) >> 16);
    before2 = before;
    before = middle;
    middle = after;
    after = after2;
  }
}
