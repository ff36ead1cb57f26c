import t from "tap";
import { luma } from "../../../models/imaging/image.ts";
import { INNER, PATCH_SIZE } from "../../../models/liveness/face-patch.ts";
import { faces } from "../../../models/native/faces.ts";
import { randomFloats, randomOf } from "../../../workshop/quantise/inputs/random.ts";

const native = faces();
const ALIGNED = 112;
const PIXELS = INNER.width * INNER.height;
const lumas = (seed: number, count: number) => randomFloats(seed, count).map((value) => 127 + 100 * value);
const bytes = (seed: number, count: number) => {
  const random = randomOf(seed);
  return Uint8Array.from({ length: count }, () => 256 * random());
};

const white = (channels: number) => [new Uint8Array(8 * 6 * channels).fill(255), 8, 6] as const;
const short = [new Uint8Array(8 * 6 * 3 - 1).fill(255), 8, 6] as const;
const patch = lumas(1, PATCH_SIZE ** 2);
const aligned = lumas(2, ALIGNED ** 2);
const inner = lumas(3, PIXELS);
const WHOLE = [0, 0, 8, 6] as const;
const STILL = [1, 0, 0, 0] as const;

/** Outputs that hold sevens, so that a refused call can be seen to have written nothing. */
const OUT = {
  face: new Uint8Array(ALIGNED * ALIGNED * 3).fill(7),
  canvas: new Uint8Array(4 * 4 * 3).fill(7),
  aligned: new Float32Array(ALIGNED ** 2).fill(7),
  residual: new Float32Array(PIXELS).fill(7),
  eleven: new Float64Array(11).fill(7),
  floats: new Float32Array(8 * 6 * 3).fill(7),
  shorts: new Uint16Array(8 * 6 * 3).fill(7),
  same: new Uint8Array(8 * 6 * 3).fill(7),
};
const CANVAS = [OUT.canvas, 4, 4] as const;

const REFUSED: readonly (readonly [keyof typeof native, "TypeError" | "RangeError", ...(readonly unknown[])])[] = [
  ["planeResidual", "TypeError"],
  ["planeResidual", "TypeError", patch.subarray(1), patch, OUT.residual],
  ["planeResidual", "TypeError", patch, patch, OUT.residual.subarray(1)],
  ["bendResidual", "TypeError", patch, patch.subarray(1), OUT.residual],
  ["bendResidual", "TypeError", patch, new Uint8Array(PATCH_SIZE ** 2), OUT.residual],
  ["patch", "TypeError", aligned.subarray(1), new Float32Array(PATCH_SIZE ** 2)],
  ["cropColour", "TypeError", ...short, ...WHOLE, true, ...CANVAS],
  ["cropColour", "TypeError", ...white(3), ...WHOLE, true, OUT.canvas.subarray(1), 4, 4],
  ["cropColour", "TypeError", ...white(3), 0, 0, 8, "6", true, ...CANVAS],
  ["cropColour", "TypeError", ...white(3), ...WHOLE, "spread", ...CANVAS],
  ["cropColour", "RangeError", ...white(3), ...WHOLE, true, OUT.canvas, 2_049, 1],
  ["cropLuma", "TypeError", short[0].subarray(100), 8, 6, ...WHOLE, true, ...CANVAS],
  ["alignColour", "TypeError", ...short, ...STILL, OUT.face],
  ["alignColour", "TypeError", ...white(3), ...STILL, OUT.face.subarray(1)],
  ["alignColour", "RangeError", OUT.same, 0, 6, ...STILL, OUT.face],
  ["alignColour", "RangeError", OUT.same, 8, 16_777_217, ...STILL, OUT.face],
  ["alignColour", "RangeError", OUT.same, Number.NaN, 6, ...STILL, OUT.face],
  ["alignLuma", "TypeError", ...white(1), ...STILL, OUT.aligned.subarray(1)],
  ["sharpen", "TypeError", ...white(3), 100, OUT.shorts.subarray(1), OUT.same],
  ["sharpen", "RangeError", ...white(3), 5_000, OUT.shorts, OUT.same],
  ["sharpen", "RangeError", ...white(3), -1, OUT.shorts, OUT.same],
  ["lumasOf", "TypeError", ...white(3), OUT.floats],
  ["planesOfBytes", "TypeError", ...white(3), true, OUT.same.subarray(1)],
  ["planesOfFloats", "TypeError", ...white(3), true, OUT.floats, new Float32Array(255)],
  ["lightSums", "RangeError", aligned, 0, 1, 9, 9, 25, 247, OUT.eleven],
  ["lightSums", "RangeError", aligned, 1, 1, 9, 112, 25, 247, OUT.eleven],
  ["lightSums", "TypeError", aligned, 1, 1, 9, 9, 25, 247, OUT.eleven.subarray(1)],
  ["detailSums", "TypeError", patch, OUT.eleven],
  ["rowSums", "TypeError", aligned, 0, 0, 9, 9, OUT.eleven],
  ["rowSums", "RangeError", aligned, 0, 0, 113, 5, OUT.eleven],
  ["lumaAround", "RangeError", ...white(3), 0, 0, 1, 0, true],
  ["lumaAround", "TypeError", ...short, 0, 0, 1, 1, true],
  ["meanSquare", "RangeError", inner, 0, 0, 39, 1],
  ["meanSquare", "RangeError", inner, 0.2, 0, 0.9, 1],
  ["meanSquare", "RangeError", inner, 0, 0, Number.NaN, 1],
  ["medianSquare", "TypeError", inner, new Uint8Array(PIXELS - 1)],
  ["largest", "TypeError", inner.subarray(1), new Uint8Array(PIXELS)],
];

t.test("an argument that is none is refused, and nothing is written", async (t) => {
  for (const [name, error, ...values] of REFUSED) {
    t.throws(() => Reflect.apply(native[name], undefined, values), { name: error }, `${name} ${values.length}`);
  }
  for (const [name, out] of Object.entries(OUT)) {
    t.ok(
      out.every((value) => value === 7),
      name,
    );
  }
});

t.test("a place that is no number, or far away, is outside the picture, which is black", async (t) => {
  const [face, plain] = [new Uint8Array(ALIGNED * ALIGNED * 3), new Float32Array(ALIGNED ** 2)];
  for (const far of [Number.NaN, 1e7, -1e300, Number.POSITIVE_INFINITY]) {
    for (const at of [[0], [1], [2], [3], [0, 1, 2, 3]]) {
      const [a = 0, b = 0, c = 0, d = 0] = STILL.map((value, i) => (at.includes(i) ? far : value));
      face.fill(7);
      plain.fill(7);
      native.alignColour(...white(3), a, b, c, d, face);
      native.alignLuma(...white(1), a, b, c, d, plain);
      t.ok(face.every((value) => value === 0) && plain.every((value) => value === 0), `${far} at ${at}`);
    }
    const canvas = new Uint8Array(4 * 4 * 3).fill(7);
    native.cropColour(...white(3), far, 0, 8, 6, true, canvas, 4, 4);
    t.ok(
      canvas.every((value) => value === 0),
      `${far}`,
    );
  }
});

t.test("lumas that are no numbers leave no alignment", async (t) => {
  const broken = new Float32Array(PATCH_SIZE ** 2).fill(Number.NaN);
  const left = new Float32Array(PIXELS);
  for (const [earlier, later] of [
    [broken, patch],
    [patch, broken],
  ] as const) {
    t.equal(native.planeResidual(earlier, later, left), false);
    t.equal(native.bendResidual(earlier, later, left), undefined);
  }
});

t.test("a grey picture is cropped and aligned alike with and without its colours", async (t) => {
  const [width, height] = [23, 17];
  const grey = bytes(4, width * height);
  const colours = Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)] ?? 0);
  const boxes: readonly (readonly [number, number, number, number])[] = [
    [0, 0, width, height],
    [-5.5, 3.2, 30, 9],
    [2.2, 2.7, 4, 5],
  ];
  for (const box of boxes) {
    for (const spread of [true, false]) {
      const [plain, coloured] = [new Uint8Array(7 * 5), new Uint8Array(7 * 5 * 3)];
      native.cropLuma(grey, width, height, ...box, spread, plain, 7, 5);
      native.cropColour(colours, width, height, ...box, spread, coloured, 7, 5);
      t.same(
        plain,
        coloured.filter((_, i) => i % 3 === 0),
        `${box} ${spread}`,
      );
    }
  }
  const [plain, coloured] = [new Float32Array(ALIGNED ** 2), new Uint8Array(ALIGNED * ALIGNED * 3)];
  native.alignLuma(grey, width, height, 0.2, 0.03, -1.013, 2.017, plain);
  native.alignColour(colours, width, height, 0.2, 0.03, -1.013, 2.017, coloured);
  t.ok(plain.every((value, i) => Math.abs(value - (coloured[i * 3] ?? 0)) <= 0.5));
  for (let i = 0; i < plain.length; i++) {
    const [x, y] = [i % ALIGNED, Math.floor(i / ALIGNED)];
    const wanted = bilinear(grey, width, height, 0.2 * x - 0.03 * y - 1.013, 0.03 * x + 0.2 * y + 2.017);
    // A weight is cut to 256ths.
    if (Math.abs(wanted - (plain[i] ?? 0)) > 2.1) t.fail(`${x}, ${y}: ${plain[i]} in place of ${wanted}`);
  }
});

/** The luma at a place between four pixels; 0 outside. */
function bilinear(grey: Uint8Array, width: number, height: number, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= width - 1 || y >= height - 1) return 0;
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const at = (dx: number, dy: number) => grey[(top + dy) * width + left + dx] ?? Number.NaN;
  const upper = at(0, 0) + (at(1, 0) - at(0, 0)) * (x - left);
  const lower = at(0, 1) + (at(1, 1) - at(0, 1)) * (x - left);
  return upper + (lower - upper) * (y - top);
}

t.test("sums over a face are those of plain loops", async (t) => {
  const [left, top, right, bottom] = [24, 32, 88, 104] as const;
  const wanted = new Float64Array(11);
  const rows = new Float64Array(2 * (bottom - top));
  const add = (at: number, value: number) => {
    wanted[at] = (wanted[at] ?? 0) + value;
  };
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const of = (dx: number, dy: number) => aligned[(y + dy) * ALIGNED + x + dx] ?? Number.NaN;
      const value = of(0, 0);
      const acrossAt = (dy: number) => of(-1, dy) + of(1, dy) - 2 * of(0, dy);
      const [across, down] = [acrossAt(0), of(0, -1) + of(0, 1) - 2 * value];
      const noise = Math.abs(acrossAt(-1) + acrossAt(1) - 2 * across);
      const half = x < (left + right) / 2 ? value : 0;
      const parts = [value, value ** 2, half, Number(value <= 60), Number(value >= 190)];
      for (const [i, part] of [...parts, across, across ** 2, down, down ** 2, (across + down) ** 2, noise].entries())
        add(i, part);
      rows[y - top] = (rows[y - top] ?? 0) + value;
      rows[bottom - top + y - top] = (rows[bottom - top + y - top] ?? 0) + value ** 2;
    }
  }
  const [sums, found] = [new Float64Array(11), new Float64Array(rows.length)];
  native.lightSums(aligned, left, top, right, bottom, 60, 190, sums);
  native.rowSums(aligned, left, top, right, bottom, found);
  t.ok(isNear(sums, wanted), `${sums}`);
  t.ok(isNear(found, rows));
});

/** Whether each number is the other up to rounding. */
function isNear(ones: Iterable<number>, others: Iterable<number>): boolean {
  const wanted = [...others];
  return [...ones].every((one, i) => Math.abs(one - (wanted[i] ?? Number.NaN)) <= 1e-6 * (1 + Math.abs(one)));
}

t.test("a patch is half of the face, blurred by its definition", async (t) => {
  const found = new Float32Array(PATCH_SIZE ** 2);
  native.patch(aligned, found);
  const half = (x: number, y: number) => {
    const at = (dx: number, dy: number) => aligned[(2 * y + dy) * ALIGNED + 2 * x + dx] ?? Number.NaN;
    return (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4;
  };
  const inside = (place: number) => Math.min(PATCH_SIZE - 1, Math.max(0, place));
  for (const [x, y] of [
    [0, 0],
    [1, 30],
    [28, 28],
    [54, 55],
    [55, 1],
  ] as const) {
    let sum = 0;
    for (const [i, a] of [1, 4, 6, 4, 1].entries())
      for (const [j, b] of [1, 4, 6, 4, 1].entries()) sum += (a * b * half(inside(x + i - 2), inside(y + j - 2))) / 256;
    t.ok(Math.abs(sum - (found[y * PATCH_SIZE + x] ?? 0)) < 1e-3, `${x}, ${y}`);
  }
  const sums = new Float64Array(4);
  native.detailSums(found, sums);
  const wanted = [0, 0, 0, 0];
  for (let y = INNER.top; y < INNER.top + INNER.height; y++) {
    for (let x = INNER.left; x < INNER.left + INNER.width; x++) {
      const of = (dx: number, dy: number) => found[(y + dy) * PATCH_SIZE + x + dx] ?? Number.NaN;
      const [value, across, down] = [of(0, 0), (of(1, 0) - of(-1, 0)) / 2, (of(0, 1) - of(0, -1)) / 2];
      for (const [i, part] of [value, value ** 2, across ** 2, down ** 2].entries())
        wanted[i] = (wanted[i] ?? 0) + part;
    }
  }
  t.ok(isNear(sums, wanted), `${sums}`);
});

t.test("median, largest and mean are those of the chosen values", async (t) => {
  const random = randomOf(9);
  for (const share of [0.002, 0.1, 0.9, 1]) {
    for (const values of [inner, inner.map((value) => Math.round(value / 60))]) {
      const chosen = Uint8Array.from({ length: PIXELS }, () => Number(random() < share));
      chosen[7] = 1;
      const those = values.filter((_, i) => chosen[i] === 1).map((value) => value ** 2);
      those.sort();
      t.equal(native.medianSquare(values, chosen), those[those.length >> 1], `${share}`);
      t.ok(isNear([native.largest(values, chosen)], [Math.sqrt(those.at(-1) ?? 0)]));
    }
  }
  t.equal(native.medianSquare(inner, new Uint8Array(PIXELS)), 0);
  t.ok(isNear([native.meanSquare(inner, 0, 0, 1, 2)], [((inner[0] ?? 0) ** 2 + (inner[INNER.width] ?? 0) ** 2) / 2]));
});

t.test("colours become lumas and planes", async (t) => {
  const pixels = bytes(5, 6 * 3);
  const [r, g, b] = [0, 1, 2].map((channel) => [...pixels].filter((_, i) => i % 3 === channel)) as [
    number[],
    number[],
    number[],
  ];
  const found = new Float32Array(6);
  native.lumasOf(pixels, 3, 2, found);
  t.ok(isNear(found, new Float32Array(r.map((red, i) => luma(red, g[i] ?? 0, b[i] ?? 0)))));
  for (const [blueFirst, wanted] of [
    [false, [...r, ...g, ...b]],
    [true, [...b, ...g, ...r]],
  ] as const) {
    const [plain, floats] = [new Uint8Array(18), new Float32Array(18)];
    native.planesOfBytes(pixels, 3, 2, blueFirst, plain);
    native.planesOfFloats(
      pixels,
      3,
      2,
      blueFirst,
      floats,
      Float32Array.from({ length: 256 }, (_, i) => i / 2),
    );
    t.same([...plain], wanted);
    t.same(
      [...floats],
      wanted.map((value) => value / 2),
    );
  }
});

t.test("the light around a face leaves out the face and the body below it", async (t) => {
  // Left half 10, right half 200; the face is in the middle of the right half.
  const [width, height] = [40, 20];
  const grey = Uint8Array.from({ length: width * height }, (_, i) => (i % width < 20 ? 10 : 200));
  const colours = Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)] ?? 0);
  t.equal(native.lumaAround(grey, width, height, 30, 0, 11, 1, false), 10, "only the left half is left");
  const both = native.lumaAround(grey, width, height, 30, 10, 3, 1, false);
  t.ok(both > 60 && both < 110, `${both}`);
  t.ok(isNear([native.lumaAround(colours, width, height, 30, 10, 3, 1, true)], [both]));
  t.equal(native.lumaAround(grey, width, height, 20, 0, 100, 1, false), 0, "nothing is left");
});
