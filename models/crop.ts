import type { Box, Picture } from "./picture.ts";

/** A picture that is drawn over and over: the same memory for each frame, so that frames leave no garbage. */
export type Canvas = Picture;

/**
 * How a region that is larger than the canvas is made smaller. `pooled`: whole blocks of pixels are averaged first, so
 * that nothing is lost between the samples. `sampled`: the four nearest source pixels whatever the scale, as OpenCV's
 * INTER_LINEAR does; a network trained on pictures that were shrunk this way must be fed this way.
 */
export type Shrinking = "pooled" | "sampled";

/**
 * Draws `region` of a picture over all of `canvas`, bilinear, touching only what is needed. What lies outside the picture
 * is black. Made for speed: whole numbers and one pass; `resample` is finer.
 */
export function crop(picture: Picture, region: Box, canvas: Canvas, shrinking: Shrinking): void {
  const view = shrinking === "pooled" ? pooled(picture, region, canvas) : { picture, region };
  sample(view.picture, view.region, canvas);
}

interface View {
  readonly picture: Picture;
  readonly region: Box;
}

/** The same view of a smaller picture, whose pixels are means of blocks, so that sampling skips less than one pixel. */
function pooled(picture: Picture, region: Box, canvas: Canvas): View {
  const across = clamp(Math.floor(region.width / canvas.width), 1, picture.width);
  const down = clamp(Math.floor(region.height / canvas.height), 1, picture.height);
  if (across * down === 1) return { picture, region };
  const left = clamp(Math.floor(region.x), 0, picture.width - across);
  const top = clamp(Math.floor(region.y), 0, picture.height - down);
  const right = clamp(Math.ceil(region.x + region.width), left + across, picture.width);
  const bottom = clamp(Math.ceil(region.y + region.height), top + down, picture.height);
  const [width, height] = [Math.floor((right - left) / across), Math.floor((bottom - top) / down)];
  return {
    picture: pool(picture, { left, top, across, down, width, height }),
    region: {
      x: (region.x - left) / across,
      y: (region.y - top) / down,
      width: region.width / across,
      height: region.height / down,
    },
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

interface Blocks {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  readonly width: number;
  readonly height: number;
}

/** From this block size on every second pixel of every second row is enough: four of them average noise as four do. */
const SPARSE_FROM = 4;

/** The mean colour of each block of `across` × `down` pixels. */
function pool(picture: Picture, { left, top, across, down, width, height }: Blocks): Picture {
  const { data: source } = picture;
  const data = new Uint8Array(width * height * 3);
  const sums = new Int32Array(width * 3);
  const [over, skip] = [across >= SPARSE_FROM ? 2 : 1, down >= SPARSE_FROM ? 2 : 1];
  const [columns, rows] = [Math.ceil(across / over), Math.ceil(down / skip)];
  const share = 1 / (columns * rows);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let row = 0; row < down; row += skip) {
      const line = ((top + y * down + row) * picture.width + left) * 3;
      addRow(source, line, across * 3, over * 3, sums);
    }
    for (let i = 0, at = y * width * 3; i < sums.length; i++, at++) data[at] = (sums[i] as number) * share + 0.5;
  }
  return { width, height, data };
}

/** Adds each block's part of one row of pixels to its sum. */
function addRow(source: Uint8Array, line: number, block: number, step: number, sums: Int32Array): void {
  for (let i = 0, from = line; i < sums.length; i += 3, from += block) {
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let at = from; at < from + block; at += step) {
      red += source[at] as number;
      green += source[at + 1] as number;
      blue += source[at + 2] as number;
    }
    sums[i] = (sums[i] as number) + red;
    sums[i + 1] = (sums[i + 1] as number) + green;
    sums[i + 2] = (sums[i + 2] as number) + blue;
  }
}

/** For each place along one axis of the canvas: the two source pixels around it, and the second one's share in 256ths. */
interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Int32Array;
  /** The places from `first` up to `end` lie inside the picture. */
  readonly first: number;
  readonly end: number;
}

function axis(start: number, size: number, count: number, limit: number): Axis {
  const [low, high, share] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  const step = size / count;
  let first = count;
  let end = 0;
  for (let i = 0; i < count; i++) {
    const middle = start + (i + 0.5) * step - 0.5;
    if (middle < -0.5 || middle > limit - 0.5) continue;
    const floor = Math.floor(middle);
    first = Math.min(first, i);
    end = i + 1;
    low[i] = Math.max(0, floor);
    high[i] = Math.min(limit - 1, floor + 1);
    share[i] = Math.round((middle - floor) * 256);
  }
  return { low, high, share, first, end };
}

function sample(picture: Picture, region: Box, canvas: Canvas): void {
  const { width, height, data: out } = canvas;
  const { data } = picture;
  const across = axis(region.x, region.width, width, picture.width);
  const down = axis(region.y, region.height, height, picture.height);
  if (across.end - across.first < width || down.end - down.first < height) out.fill(0);
  for (let y = down.first; y < down.end; y++) {
    const upper = (down.low[y] as number) * picture.width;
    const lower = (down.high[y] as number) * picture.width;
    const below = down.share[y] as number;
    for (let x = across.first, at = (y * width + x) * 3; x < across.end; x++, at += 3) {
      const [left, right, share] = [across.low[x] as number, across.high[x] as number, across.share[x] as number];
      const [se, sw] = [share * below, (256 - share) * below];
      const [ne, nw] = [(share << 8) - se, ((256 - share) << 8) - sw];
      const [a, b, c, d] = [(upper + left) * 3, (upper + right) * 3, (lower + left) * 3, (lower + right) * 3];
      for (let i = 0; i < 3; i++) {
        const top = nw * (data[a + i] as number) + ne * (data[b + i] as number);
        const bottom = sw * (data[c + i] as number) + se * (data[d + i] as number);
        out[at + i] = (top + bottom + 32_768) >> 16;
      }
    }
  }
}
