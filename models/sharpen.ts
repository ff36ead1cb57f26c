import type { Canvas } from "./crop.ts";
import type { Picture } from "./picture.ts";

/** Makes pictures of one size sharper, each into the same memory, which `wipe` overwrites. */
export interface Sharpener {
  /** The picture made sharper; it holds until the next one. The picture itself is left as it is. */
  sharpen(picture: Picture): Picture;
  wipe(): void;
}

/**
 * A sharpener by unsharp masking: each value moves away from the mean of its surroundings (five by five pixels, weighed
 * by the binomials 1 4 6 4 1, a Gaussian of σ = 1) by `amount` times what it differs from it. 0 changes nothing.
 * What an ID chip holds, and what alignment draws from few pixels, is softer than what embedders are trained on.
 */
export function newSharpener(width: number, height: number, amount: number): Sharpener {
  const canvas: Canvas = { width, height, data: new Uint8Array(width * height * 3) };
  const across = new Uint16Array(canvas.data.length);
  const share = Math.round(amount * 256);
  return {
    sharpen(picture) {
      if (share === 0) return picture;
      blurAcross(picture, across);
      addDifferences(picture, across, share, canvas.data);
      return canvas;
    },
    wipe() {
      canvas.data.fill(0);
      across.fill(0);
    },
  };
}

/** Sums along the rows, sixteen times the mean; beyond the edge is as at the edge. */
function blurAcross({ data, width }: Picture, out: Uint16Array): void {
  const row = width * 3;
  for (let start = 0; start < data.length; start += row) {
    const end = start + row;
    for (let i = start + 6; i < end - 6; i++) out[i] = sumAbout(data, i, i - 6, i - 3, i + 3, i + 6);
    for (let i = start; i < end; i++) {
      if (i === start + 6) i = Math.max(i, end - 6);
      const [first, last] = [start + ((i - start) % 3), end - 3 + ((i - start) % 3)];
      const near = (at: number) => Math.min(last, Math.max(first, at));
      out[i] = sumAbout(data, i, near(i - 6), near(i - 3), near(i + 3), near(i + 6));
    }
  }
}

function sumAbout(
  data: Uint8Array,
  at: number,
  before2: number,
  before: number,
  after: number,
  after2: number,
): number {
  const ends = (data[before2] as number) + (data[after2] as number);
  return ends + 4 * ((data[before] as number) + (data[after] as number)) + 6 * (data[at] as number);
}

/** Sums along the columns, 256 times the mean in all, and writes what the value is when moved away from it. */
function addDifferences({ data, width }: Picture, across: Uint16Array, share: number, out: Uint8Array): void {
  const row = width * 3;
  const last = data.length - row;
  for (let start = 0; start < data.length; start += row) {
    const [above2, above] = [Math.max(0, start - 2 * row), Math.max(0, start - row)];
    const [below, below2] = [Math.min(last, start + row), Math.min(last, start + 2 * row)];
    for (let i = 0; i < row; i++) {
      const ends = (across[above2 + i] as number) + (across[below2 + i] as number);
      const beside = (across[above + i] as number) + (across[below + i] as number);
      const value = data[start + i] as number;
      const difference = value * 256 - ends - 4 * beside - 6 * (across[start + i] as number);
      const sharper = value + ((difference * share + 32_768) >> 16);
      out[start + i] = Math.min(255, Math.max(0, sharper));
    }
  }
}
