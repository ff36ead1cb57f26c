import { encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { resample } from "../../../models/imaging/resize.ts";
import { readPicture } from "../pictures/read-picture.ts";
import type { Sample } from "../sets.ts";
import type { Comparison, Observer } from "./comparisons.ts";

/** A pair that was scored, by the places of its pictures in the set. */
export interface ScoredPair {
  readonly score: number;
  readonly referenceAt: number;
  readonly probeAt: number;
}

/** The genuine pairs that are least alike and the impostor pairs that are most alike, the worst first. */
export interface WorstPairs {
  readonly genuine: readonly ScoredPair[];
  readonly impostor: readonly ScoredPair[];
}

/** Keeps the `count` worst pairs of either kind. */
export function keepWorst(count: number): { readonly observe: Observer; pairs(): WorstPairs } {
  const genuine: ScoredPair[] = [];
  const impostor: ScoredPair[] = [];
  return {
    observe(comparison, score) {
      if (comparison.same) insert(genuine, count, toPair(comparison, score), (a, b) => a.score - b.score);
      else insert(impostor, count, toPair(comparison, score), (a, b) => b.score - a.score);
    },
    pairs: () => ({ genuine, impostor }),
  };
}

function toPair({ referenceAt, probeAt: [first = 0] }: Comparison, score: number): ScoredPair {
  return { score, referenceAt, probeAt: first };
}

function insert(
  list: ScoredPair[],
  count: number,
  pair: ScoredPair,
  order: (a: ScoredPair, b: ScoredPair) => number,
): void {
  const last = list[count - 1];
  if (last && order(pair, last) >= 0) return;
  list.push(pair);
  list.sort(order);
  list.length = Math.min(list.length, count);
}

/** A picture on the sheet, and the place that one pair takes, in pixels. */
const FACE = 120;
const CELL = { width: 2 * FACE + 24, height: FACE + 44 } as const;
const COLUMNS = 4;

/** Draws a contact sheet of the worst pairs as SVG: reference, probe, score and paths. It shows faces: keep it with the set. */
export async function drawWorst({ genuine, impostor }: WorstPairs, samples: readonly Sample[]): Promise<string> {
  const pairs = [
    ...genuine.map((pair) => ({ pair, kind: "genuine" })),
    ...impostor.map((pair) => ({ pair, kind: "impostor" })),
  ];
  const cells = await Promise.all(pairs.map(({ pair, kind }, i) => drawPair(pair, kind, i, samples)));
  const height = Math.ceil(pairs.length / COLUMNS) * CELL.height;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${COLUMNS * CELL.width}" height="${height}" font-family="DejaVu Sans" font-size="9"><rect width="100%" height="100%" fill="white"/>${cells.join("")}</svg>`;
}

async function drawPair(
  { score, referenceAt, probeAt }: ScoredPair,
  kind: string,
  index: number,
  samples: readonly Sample[],
): Promise<string> {
  const [x, y] = [(index % COLUMNS) * CELL.width, Math.floor(index / COLUMNS) * CELL.height];
  const of = [samples[referenceAt], samples[probeAt]];
  const pictures = await Promise.all(of.map((sample) => thumbnail(sample?.file ?? "")));
  const images = pictures.map(
    (href, i) => `<image x="${i * (FACE + 8)}" width="${FACE}" height="${FACE}" href="${href}"/>`,
  );
  const names = of.map((sample, i) => `<text y="${FACE + 24 + i * 12}">${escapeXml(sample?.path ?? "")}</text>`);
  const title = `<text y="${FACE + 12}" font-weight="bold">${kind}, ${score.toFixed(3)}</text>`;
  return `<g transform="translate(${x + 4} ${y + 4})">${images.join("")}${title}${names.join("")}</g>`;
}

async function thumbnail(file: string): Promise<string> {
  const picture = await readPicture(file);
  const scale = FACE / Math.max(picture.width, picture.height);
  const [width, height] = [picture.width, picture.height].map((size) => Math.max(1, Math.round(size * scale)));
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height };
  const jpeg = encodeJpeg(resample(picture, whole, width ?? 1, height ?? 1), 80);
  return `data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}`;
}

function escapeXml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
