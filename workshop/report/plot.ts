import {
  type Ascending,
  countBelow,
  type OperatingPoint,
  ratesAt,
  type Scores,
} from "../evaluate/scores/error-rates.ts";

/** A mark in a plot: a threshold, or the shipped operating point. */
export interface Mark {
  readonly label: string;
  readonly threshold: number;
}

const SIZE = { width: 760, height: 480, left: 74, right: 34, top: 72, bottom: 62 } as const;
const PLOT = {
  width: SIZE.width - SIZE.left - SIZE.right,
  height: SIZE.height - SIZE.top - SIZE.bottom,
} as const;
const COLOURS = { genuine: "#1a7f5a", impostor: "#c2571a", ink: "#222", faint: "#d9d9d9", mark: "#555" } as const;
const BIN = 0.02;

/** Histograms of the scores of both kinds of pairs, as the share of pairs in each bin. SVG. Pure. */
export function drawHistogram(title: string, { genuine, impostor }: Scores, marks: readonly Mark[]): string {
  const kinds = [
    { name: "impostor", of: impostor, bins: binned(impostor) },
    { name: "genuine", of: genuine, bins: binned(genuine) },
  ] as const;
  const all = kinds.flatMap(({ bins }) => [...bins.keys()]);
  const [low, high] = [Math.min(-0.2, ...all.map((bin) => bin * BIN)), 1];
  const most = Math.max(0.01, ...kinds.flatMap(({ bins }) => [...bins.values()]));
  const x = (value: number) => SIZE.left + ((value - low) / (high - low)) * PLOT.width;
  const y = (value: number) => SIZE.top + (1 - value / (most * 1.08)) * PLOT.height;
  const areas = kinds.map(({ name, bins }) => {
    const path = area(bins, x, y);
    return `<path d="${path}" fill="${COLOURS[name]}" fill-opacity="0.45" stroke="${COLOURS[name]}" stroke-width="1.5"/>`;
  });
  const xs = ticks(low, high, 0.2).map((value) => ({ at: x(value), label: value.toFixed(1) }));
  const ys = ticks(0, most, niceStep(most)).map((value) => ({ at: y(value), label: `${+(value * 100).toFixed(1)} %` }));
  const legend = kinds.map(({ name, of }) => ({
    text: `${name}: ${of.length.toLocaleString("en")} pairs`,
    colour: COLOURS[name],
  }));
  return picture(title, "comparison score (cosine similarity)", "share of pairs", [
    ...axes(xs, ys),
    ...areas,
    ...marks.map(({ threshold, label }, i) => verticalMark(x(threshold), label, i)),
    ...drawLegend(legend),
  ]);
}

/** The detection error trade-off: both error rates on logarithmic axes (ISO/IEC 19795-1). SVG. Pure. */
export function drawTradeOff(
  title: string,
  curve: readonly OperatingPoint[],
  scores: Scores,
  marks: readonly Mark[],
): string {
  const { genuine, impostor } = scores;
  const floorOf = (trials: number) => 10 ** Math.floor(Math.log10(0.5 / Math.max(1, trials)));
  const [least, lowest] = [floorOf(impostor.length), floorOf(genuine.length)];
  const x = logScale(least, 1, SIZE.left, SIZE.left + PLOT.width);
  const y = logScale(lowest, 1, SIZE.top + PLOT.height, SIZE.top);
  const points = curve.map(({ fmr, fnmr }) => `${round(x(fmr))},${round(y(fnmr))}`);
  const few = x(Math.min(1, 3 / Math.max(1, impostor.length)));
  const xs = decades(least).map((value) => ({ at: x(value), label: percent(value) }));
  const ys = decades(lowest).map((value) => ({ at: y(value), label: percent(value) }));
  const shade = `<rect x="${SIZE.left}" y="${SIZE.top}" width="${round(few - SIZE.left)}" height="${PLOT.height}" fill="#eee"/>`;
  const dots = marks.map(({ threshold, label }, i) => {
    const { fmr, fnmr } = ratesAt(scores, threshold);
    const [cx, cy] = [round(x(fmr.rate)), round(y(fnmr.rate))];
    const text = `${label}: FMR ${percent(fmr.rate)}, FNMR ${percent(fnmr.rate)}`;
    const shape = `<circle cx="${cx}" cy="${cy}" r="5" fill="${i === 0 ? COLOURS.genuine : "#fff"}" stroke="${COLOURS.genuine}" stroke-width="2"/>`;
    return `${shape}${drawText(SIZE.left + PLOT.width - 10, SIZE.top + 22 + i * 20, `${i === 0 ? "●" : "○"} ${text}`, "end")}`;
  });
  return picture(title, "false match rate", "false non-match rate", [
    shade,
    ...axes(xs, ys),
    drawText(SIZE.left + 8, SIZE.top + PLOT.height - 10, "too few pairs", "start", "#888"),
    `<polyline points="${points.join(" ")}" fill="none" stroke="${COLOURS.ink}" stroke-width="2" stroke-linejoin="round"/>`,
    ...dots,
  ]);
}

function binned(scores: Ascending): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let from = 0; from < scores.length; ) {
    const bin = Math.floor((scores[from] as number) / BIN);
    // The current score is in this bin even if rounding puts the end of the bin at or below it.
    const end = Math.max(from + 1, countBelow(scores, (bin + 1) * BIN));
    counts.set(bin, (counts.get(bin) ?? 0) + end - from);
    from = end;
  }
  return new Map([...counts].map(([bin, count]) => [bin, count / scores.length]));
}

type Scale = (value: number) => number;

/** The outline of a histogram, from its first bin to its last. */
function area(bins: ReadonlyMap<number, number>, x: Scale, y: Scale): string {
  const keys = [...bins.keys()];
  if (keys.length === 0) return "";
  const [first, last] = [Math.min(...keys), Math.max(...keys)];
  const steps = Array.from({ length: last - first + 1 }, (_, i) => {
    const height = round(y(bins.get(first + i) ?? 0));
    return `L${round(x((first + i) * BIN))},${height}L${round(x((first + i + 1) * BIN))},${height}`;
  });
  return `M${round(x(first * BIN))},${round(y(0))}${steps.join("")}L${round(x((last + 1) * BIN))},${round(y(0))}Z`;
}

interface Tick {
  readonly at: number;
  readonly label: string;
}

function axes(xs: readonly Tick[], ys: readonly Tick[]): readonly string[] {
  const [right, bottom] = [SIZE.left + PLOT.width, SIZE.top + PLOT.height];
  const line = (x1: number, y1: number, x2: number, y2: number, colour: string) =>
    `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"/>`;
  return [
    ...xs.map(({ at }) => line(at, SIZE.top, at, bottom, COLOURS.faint)),
    ...ys.map(({ at }) => line(SIZE.left, at, right, at, COLOURS.faint)),
    line(SIZE.left, bottom, right, bottom, COLOURS.ink),
    line(SIZE.left, SIZE.top, SIZE.left, bottom, COLOURS.ink),
    ...xs.map(({ at, label }) => drawText(at, bottom + 20, label, "middle")),
    ...ys.map(({ at, label }) => drawText(SIZE.left - 8, at + 4, label, "end")),
  ];
}

/** Labels are left of their line, because the genuine scores are on its right. */
function verticalMark(at: number, label: string, index: number): string {
  const bottom = SIZE.top + PLOT.height;
  const line = `<line x1="${round(at)}" y1="${SIZE.top}" x2="${round(at)}" y2="${bottom}" stroke="${COLOURS.mark}" stroke-width="1.5" stroke-dasharray="5 4"/>`;
  return `${line}${drawText(at - 6, SIZE.top + 18 + index * 20, label, "end", COLOURS.mark)}`;
}

function drawLegend(entries: readonly { readonly text: string; readonly colour: string }[]): readonly string[] {
  return entries.map(({ text, colour }, i) => {
    const [left, top] = [SIZE.left + i * 230, SIZE.top - 19];
    const swatch = `<rect x="${left}" y="${top}" width="14" height="12" fill="${colour}" fill-opacity="0.6"/>`;
    return `${swatch}${drawText(left + 20, top + 11, text, "start")}`;
  });
}

function picture(title: string, across: string, up: string, body: readonly string[]): string {
  const middle = SIZE.top + PLOT.height / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" height="${SIZE.height}" font-family="DejaVu Sans, sans-serif" font-size="13">`,
    `<rect width="${SIZE.width}" height="${SIZE.height}" fill="#fff"/>`,
    `<text x="${SIZE.left}" y="34" font-size="17" font-weight="bold" fill="${COLOURS.ink}">${escapeXml(title)}</text>`,
    ...body,
    drawText(SIZE.left + PLOT.width / 2, SIZE.height - 16, across, "middle"),
    `<text x="18" y="${middle}" text-anchor="middle" transform="rotate(-90 18 ${middle})" fill="${COLOURS.ink}">${up}</text>`,
    "</svg>",
  ].join("\n");
}

function drawText(x: number, y: number, text: string, anchor: string, colour: string = COLOURS.ink): string {
  // A white edge keeps letters readable where they cross a line.
  const edge = 'stroke="#fff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"';
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${colour}" ${edge}>${escapeXml(text)}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A logarithmic axis. Values below its start are drawn at its start. */
function logScale(from: number, to: number, start: number, end: number): Scale {
  const span = Math.log10(to) - Math.log10(from);
  return (value) => start + ((Math.log10(Math.max(from, value)) - Math.log10(from)) / span) * (end - start);
}

function decades(from: number): readonly number[] {
  const exponent = Math.round(Math.log10(from));
  return Array.from({ length: 1 - exponent }, (_, i) => 10 ** (exponent + i));
}

function ticks(from: number, to: number, step: number): readonly number[] {
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

/** A step of 1, 2 or 5 times a power of ten that gives about five ticks. */
function niceStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 5));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => most / step <= 6) ?? most;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
