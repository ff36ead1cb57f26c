import type { Box, Image } from "./image.ts";

/** An image that is drawn again for each frame, so that frames cause no garbage. */
export type Canvas = Image;

/**
 * How a region that is larger than the canvas is reduced. `spread`: the mean of four source pixels that are half an
 * output pixel apart, which averages noise and loses little. `nearest`: the four nearest source pixels at any scale,
 * like OpenCV's INTER_LINEAR, for networks that were trained on images reduced in this way.
 */
export type Shrinking = "spread" | "nearest";

/**
 * Draws `region` of an image over the whole `canvas`, bilinear. Pixels outside the image are black. It is fast:
 * integers and one pass. `resample` has better quality.
 */
export function crop(image: Image, region: Box, canvas: Canvas, shrinking: Shrinking): void {
  const { width, height, data: out } = canvas;
  const line = image.width * 3;
  const across = axis(region.x, region.width, width, { limit: image.width, scale: 3 }, shrinking);
  const down = axis(region.y, region.height, height, { limit: image.height, scale: line }, shrinking);
  if (across.end - across.first < width || down.end - down.first < height) out.fill(0);
  for (let y = down.first; y < down.end; y++) {
    const [upper = 0, lower = 0, below = 0] = [down.low[y], down.high[y], down.share[y]];
    drawRow(image.data, upper, lower, below, across, out, y * width * 3);
  }
}

/**
 * For each position along one axis of the canvas: the byte offsets of the two source pixels around it, and the weight
 * of the second in 256ths.
 */
interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Int32Array;
  /** The positions from `first` to before `end` are inside the image. */
  readonly first: number;
  readonly end: number;
}

interface Source {
  /** The number of pixels along the axis, and the bytes from one to the next. */
  readonly limit: number;
  readonly scale: number;
}

function axis(start: number, size: number, count: number, { limit, scale }: Source, shrinking: Shrinking): Axis {
  const [low, high, share] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  const step = size / count;
  const apart = shrinking === "spread" && step >= 2 ? step / 2 : 1;
  let first = count;
  let end = 0;
  for (let i = 0; i < count; i++) {
    const middle = start + (i + 0.5) * step - 0.5;
    if (middle < -0.5 || middle > limit - 0.5) continue;
    first = Math.min(first, i);
    end = i + 1;
    const before = apart === 1 ? Math.floor(middle) : Math.round(middle - apart / 2);
    const after = apart === 1 ? before + 1 : Math.round(middle + apart / 2);
    low[i] = Math.max(0, before) * scale;
    high[i] = Math.min(limit - 1, after) * scale;
    share[i] = apart === 1 ? Math.round((middle - before) * 256) : 128;
  }
  return { low, high, share, first, end };
}

/** The colours are written out and no object is created: this loop is most of the cost of a crop. */
function drawRow(
  data: Uint8Array,
  upper: number,
  lower: number,
  below: number,
  { low, high, share, first, end }: Axis,
  out: Uint8Array,
  row: number,
): void {
  const above = 256 - below;
  for (let x = first, at = row + first * 3; x < end; x++, at += 3) {
    const left = low[x] as number;
    const right = high[x] as number;
    const after = share[x] as number;
    const before = 256 - after;
    const a = upper + left;
    const b = upper + right;
    const c = lower + left;
    const d = lower + right;
    const red0 = before * (data[a] as number) + after * (data[b] as number);
    const red1 = before * (data[c] as number) + after * (data[d] as number);
    out[at] = (above * red0 + below * red1 + 32_768) >> 16;
    const green0 = before * (data[a + 1] as number) + after * (data[b + 1] as number);
    const green1 = before * (data[c + 1] as number) + after * (data[d + 1] as number);
    out[at + 1] = (above * green0 + below * green1 + 32_768) >> 16;
    const blue0 = before * (data[a + 2] as number) + after * (data[b + 2] as number);
    const blue1 = before * (data[c + 2] as number) + after * (data[d + 2] as number);
    out[at + 2] = (above * blue0 + below * blue1 + 32_768) >> 16;
  }
}
