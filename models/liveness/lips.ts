import { faces } from "../native/faces.ts";

/** The place of the mouth in an aligned face, and the inner face around it. */
const MOUTH = { left: 46, right: 66, top: 82, bottom: 102 };
const FACE = { left: 30, right: 82, top: 40, bottom: 100 };

/**
 * How much darker the darkest row of the mouth is than its median row, in standard deviations of the face's lumas: 0.75 and
 * more if the face moves its mouth, near 0.4 if a finger covers it. `lumas` are those of the aligned face
 * (112×112, 0…255). Pure.
 */
export function lipLine(lumas: Float32Array): number {
  const rows = rowsOf(lumas, MOUTH).sums.map((sum) => sum / (MOUTH.right - MOUTH.left));
  rows.sort();
  const usual = ((rows[(rows.length - 1) >> 1] ?? 0) + (rows[rows.length >> 1] ?? 0)) / 2;
  return (usual - (rows[0] ?? 0)) / (deviationOf(lumas, FACE) + 1);
}

function rowsOf(lumas: Float32Array, { left, top, right, bottom }: typeof FACE) {
  const rows = bottom - top;
  const sums = new Float64Array(2 * rows);
  faces().rowSums(lumas, left, top, right, bottom, sums);
  return { sums: sums.subarray(0, rows), squares: sums.subarray(rows) };
}

function deviationOf(lumas: Float32Array, part: typeof FACE): number {
  const { sums, squares } = rowsOf(lumas, part);
  const count = (part.right - part.left) * (part.bottom - part.top);
  return Math.sqrt(Math.max(0, total(squares) / count - (total(sums) / count) ** 2));
}

const total = (numbers: Float64Array): number => numbers.reduce((sum, number) => sum + number, 0);
