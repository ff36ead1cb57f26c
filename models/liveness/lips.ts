import { ALIGNED_SIZE } from "../detection/align.ts";

/** The place of the mouth in an aligned face, and the inner face around it. */
const MOUTH = { left: 46, right: 66, top: 82, bottom: 102 };
const FACE = { left: 30, right: 82, top: 40, bottom: 100 };

/**
 * How much darker the darkest row of the mouth is than its median row, in standard deviations of the face's lumas: 0.75 and
 * more if the face moves its mouth, near 0.4 if a finger covers it. `aligned` is the 112×112 face. Pure.
 */
export function lipLine(lumas: Float32Array): number {
  const rows = Array.from({ length: MOUTH.bottom - MOUTH.top }, (_, i) =>
    momentsOf(lumas, { ...MOUTH, top: MOUTH.top + i, bottom: MOUTH.top + i + 1 }),
  ).map(({ mean }) => mean);
  rows.sort((a, b) => a - b);
  const usual = ((rows[(rows.length - 1) >> 1] ?? 0) + (rows[rows.length >> 1] ?? 0)) / 2;
  return (usual - (rows[0] ?? 0)) / (momentsOf(lumas, FACE).deviation + 1);
}

function momentsOf(lumas: Float32Array, { left, right, top, bottom }: typeof FACE) {
  let [sum, squares] = [0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const value = lumas[y * ALIGNED_SIZE + x] as number;
      sum += value;
      squares += value * value;
    }
  }
  const count = (right - left) * (bottom - top);
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean ** 2)) };
}
