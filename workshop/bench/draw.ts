import { drawText, niceStep, round, ticks } from "../report/plot.ts";
import { FRAME, OUR_STAGES } from "./messages.ts";
import type { BenchReport, ContenderReport } from "./report.ts";

const SIZE = { width: 800, left: 214, right: 140, top: 92, bar: 30, gap: 20, bottom: 58 } as const;
const ROOM = SIZE.width - SIZE.left - SIZE.right;
/** A colour for each stage, from dark to light. The peers have one colour, because their stages are not known. */
const COLOURS = ["#124f3a", "#1a7f5a", "#3fa37c", "#79c2a3", "#c2571a", "#e0975f", "#f3d9c4"] as const;
/** The part of a frame that no peer has. */
const ONLY_MATCHLIGHT = "life, mouth";
const TITLE = "What a scored frame costs: processor time, one thread";
const PEER = "#8a8f98";

/** Draws the time of a scored frame for each contender; Matchlight by stages. SVG. Pure. */
export function drawBench({ contenders, machine }: BenchReport): string {
  const bars = contenders.map((one) => ({ one, ms: frameMs(one) }));
  const most = Math.max(1, ...bars.map(({ ms }) => ms)) * 1.02;
  const best = bars[0]?.ms ?? 1;
  const x = (ms: number) => SIZE.left + (ms / most) * ROOM;
  const bottom = SIZE.top + bars.length * (SIZE.bar + SIZE.gap);
  const height = bottom + SIZE.bottom;
  const grid = ticks(0, most, niceStep(most)).map(
    (ms) =>
      `<line x1="${round(x(ms))}" y1="${SIZE.top - 8}" x2="${round(x(ms))}" y2="${bottom}" stroke="#ddd"/>` +
      drawText(x(ms), bottom + 18, `${+ms.toFixed(0)} ms`, "middle", "#555"),
  );
  const rows = bars.flatMap(({ one, ms }, i) => {
    const top = SIZE.top + i * (SIZE.bar + SIZE.gap);
    const times = i === 0 ? "" : ` (×${(ms / best).toPrecision(2)})`;
    return [
      drawText(SIZE.left - 10, top + SIZE.bar / 2 + 5, one.what, "end"),
      ...segments(one, ms).map(({ from, to, colour }) => rect(x(from), top, x(to) - x(from), colour)),
      drawText(x(ms) + 8, top + SIZE.bar / 2 + 5, `${ms.toFixed(1)} ms${times}`, "start"),
    ];
  });
  const legend = [...OUR_STAGES, ONLY_MATCHLIGHT].map((stage, i) => {
    const left = 20 + i * 108;
    return `<rect x="${left}" y="52" width="12" height="12" fill="${COLOURS[i]}"/>${drawText(left + 17, 63, stage, "start")}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${height}" width="${SIZE.width}" height="${height}" font-family="DejaVu Sans, sans-serif" font-size="13">`,
    `<title>${TITLE}</title>`,
    `<rect width="${SIZE.width}" height="${height}" fill="#fff"/>`,
    `<text x="20" y="32" font-size="17" font-weight="bold" fill="#222">${TITLE}</text>`,
    ...[...legend, ...grid, ...rows],
    `<g font-size="11">${drawText(20, height - 14, `1280×720 JPEG to all outputs; medians. ${machine}`, "start", "#555")}</g>`,
    "</svg>",
  ].join("\n");
}

function frameMs({ stages }: ContenderReport): number {
  return stages.find(({ stage }) => stage === FRAME)?.cpuMs.median ?? 0;
}

/** The time of a frame: its stages as measured alone, and the rest. */
function segments({ stages }: ContenderReport, ms: number) {
  const parts = OUR_STAGES.map((name) => stages.find(({ stage }) => stage === name)?.cpuMs.median ?? 0);
  const sum = parts.reduce((total, part) => total + part, 0);
  if (sum === 0) return [{ from: 0, to: ms, colour: PEER }];
  let from = 0;
  return [...parts, Math.max(0, ms - sum)].map((part, i) => {
    const start = from;
    from += part;
    return { from: start, to: from, colour: COLOURS[i] ?? PEER };
  });
}

function rect(x: number, y: number, width: number, colour: string): string {
  return `<rect x="${round(x)}" y="${y}" width="${round(Math.max(0.5, width))}" height="${SIZE.bar}" fill="${colour}"/>`;
}
