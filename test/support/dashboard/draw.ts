import { axisTo, inUnit, lineColour, valueColour } from "./look.ts";
import type { FilledPanel, NamedSeries, Range } from "./panels.ts";
import { FAINT, INK, line, rect, text, widthOf } from "./svg.ts";

/** What happened at a time, in seconds since 1970. */
export interface Happening {
  readonly at: number;
  readonly words: string;
}

export interface Story extends Range {
  readonly about: readonly string[];
  readonly happenings: readonly Happening[];
}

/** A place in the picture. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const UNIT = { column: 55, row: 30, gap: 8 } as const;
const WIDTH = 24 * UNIT.column;
const HEAD = 76;
const TITLE = 28;

/**
 * Draws what a dashboard shows, panel by panel in its grid: SVG. Happenings are letters in every panel with a time, and are
 * listed below. Pure.
 */
export function drawDashboard(title: string, panels: readonly FilledPanel[], story: Story): string {
  const rows = Math.max(...panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h));
  const foot = HEAD + rows * UNIT.row + 10;
  const height = foot + Math.ceil(story.happenings.length / 2) * 20 + 14;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="DejaVu Sans, sans-serif" font-size="12">`,
    `<title>${title}</title>`,
    rect(0, 0, WIDTH, height, { fill: "#f4f5f7" }),
    text(12, 28, title, { "font-size": 18, "font-weight": "bold" }),
    ...story.about.map((words, i) => text(12, 48 + i * 17, words, { fill: FAINT })),
    ...panels.map((filled) => drawPanel(filled, story)),
    ...story.happenings.flatMap((happening, i) => drawNote(happening, i, foot + 18)),
    "</svg>",
  ].join("\n");
}

/** What a letter means. */
function drawNote({ at, words }: Happening, i: number, top: number): readonly string[] {
  const [x, y] = [12 + (i % 2) * (WIDTH / 2), top + Math.floor(i / 2) * 20];
  return [
    text(x, y, letter(i), { "font-weight": "bold" }),
    text(x + 18, y, clock(at), { fill: FAINT }),
    text(x + 62, y, words),
  ];
}

function drawPanel(filled: FilledPanel, story: Story): string {
  const { title, gridPos, type } = filled.panel;
  const box: Box = {
    x: gridPos.x * UNIT.column + UNIT.gap / 2,
    y: HEAD + gridPos.y * UNIT.row + UNIT.gap / 2,
    w: gridPos.w * UNIT.column - UNIT.gap,
    h: gridPos.h * UNIT.row - UNIT.gap,
  };
  const inner: Box = { x: box.x + 10, y: box.y + TITLE, w: box.w - 20, h: box.h - TITLE - 8 };
  const draw = { stat: drawStat, bargauge: drawBars, timeseries: drawLines }[type];
  return [
    rect(box.x, box.y, box.w, box.h, { fill: "#fff", stroke: "#d8dbe0", rx: "3" }),
    text(box.x + 10, box.y + 19, title, { "font-weight": "bold", "font-size": 13 }),
    ...(filled.series.length > 0 ? draw(filled, inner, story) : [drawNothing(inner)]),
  ].join("\n");
}

function drawNothing({ x, y, w, h }: Box): string {
  return text(x + w / 2, y + h / 2, "nothing of it in this time", { fill: FAINT, "text-anchor": "middle" });
}

const lastOf = ({ values }: NamedSeries) => values.at(-1)?.[1] ?? Number.NaN;

/** What is so at the end of the range; a series that ended before is over. */
function currentOf({ series }: FilledPanel, { to }: Range): readonly NamedSeries[] {
  return series.filter(({ values }) => (values.at(-1)?.[0] ?? 0) > to - 30);
}

function drawStat(filled: FilledPanel, { x, y, w, h }: Box, story: Story): readonly string[] {
  const { panel } = filled;
  const shown = currentOf(filled, story);
  const cell = w / Math.max(1, shown.length);
  return shown.flatMap((series, i) => {
    const [middle, value] = [x + cell * (i + 0.5), lastOf(series)];
    const centre = { "text-anchor": "middle" };
    const colour = valueColour(panel, series.name, value);
    return [
      text(middle, y + h * 0.55, inUnit(value, panel.fieldConfig.defaults.unit), {
        ...centre,
        fill: colour,
        "font-size": 40,
      }),
      text(middle, y + h * 0.55 + 26, series.name, centre),
    ];
  });
}

function drawBars(filled: FilledPanel, box: Box, story: Story): readonly string[] {
  const { panel } = filled;
  const shown = currentOf(filled, story);
  if (shown.length === 0) return [drawNothing(box)];
  const most = Math.max(1, ...shown.map(lastOf));
  const height = Math.min(30, box.h / shown.length);
  const [names, room] = [170, box.w - 170 - 40];
  return shown.flatMap((series, i) => {
    const [top, value] = [box.y + i * height, lastOf(series)];
    const long = (value / most) * room;
    return [
      text(box.x + names - 8, top + height / 2 + 4, series.name, { "text-anchor": "end" }),
      rect(box.x + names, top + 3, long, height - 6, { fill: valueColour(panel, series.name, value) }),
      text(box.x + names + long + 8, top + height / 2 + 4, inUnit(value, panel.fieldConfig.defaults.unit)),
    ];
  });
}

function drawLines({ panel, series }: FilledPanel, box: Box, story: Story): readonly string[] {
  const { unit } = panel.fieldConfig.defaults;
  const legend = layOutLegend(
    series.map(({ name }) => name),
    box.w,
  );
  const plot: Box = { x: box.x + 46, y: box.y + 8, w: box.w - 52, h: box.h - 34 - legend.lines * 17 };
  const finite = series.flatMap(({ values }) => values.map(([, value]) => value).filter(Number.isFinite));
  const ticks = axisTo(Math.max(0, ...finite));
  const [x, y] = [
    (at: number) => plot.x + ((at - story.from) / (story.to - story.from)) * plot.w,
    (value: number) => plot.y + (1 - value / (ticks.at(-1) ?? 1)) * plot.h,
  ];
  return [
    ...ticks.map((value) =>
      line([[plot.x, y(value)] as const, [plot.x + plot.w, y(value)] as const], { stroke: "#e4e7eb" }),
    ),
    ...ticks.map((value) => text(plot.x - 6, y(value) + 4, inUnit(value, unit), axisStyle("end"))),
    ...timesIn(story).map((at) => text(x(at), plot.y + plot.h + 16, clock(at), axisStyle("middle"))),
    ...story.happenings.map(({ at }, i) => drawHappening(x(at), plot, letter(i))),
    ...series.flatMap((one, i) =>
      unbroken(one.values).map((run) =>
        line(
          run.map(([at, value]) => [x(at), y(value)] as const),
          { stroke: lineColour(panel, one.name, i), "stroke-width": 1.8, "stroke-linejoin": "round" },
        ),
      ),
    ),
    ...legend.entries.flatMap((entry, i) => {
      const [left, top] = [box.x + entry.x, plot.y + plot.h + 36 + entry.line * 17];
      const swatch = rect(left, top - 8, 12, 4, { fill: lineColour(panel, entry.name, i) });
      return [swatch, text(left + 17, top, entry.name, { "font-size": 11 })];
    }),
  ];
}

const axisStyle = (anchor: string) => ({ "text-anchor": anchor, fill: FAINT, "font-size": 11 });

function drawHappening(x: number, { y, h }: Box, name: string): string {
  const mark = line([[x, y] as const, [x, y + h] as const], { stroke: FAINT, "stroke-dasharray": "3 3" });
  return `${mark}${text(x, y - 1, name, { "text-anchor": "middle", fill: INK, "font-size": 10, "font-weight": "bold" })}`;
}

/** Where the names of series stand: from left to right, in as many lines as are needed. */
function layOutLegend(names: readonly string[], width: number) {
  let [x, row] = [0, 0];
  const entries = names.map((name) => {
    const long = 17 + widthOf(name, 11) + 14;
    if (x > 0 && x + long > width) [x, row] = [0, row + 1];
    const entry = { name, x, line: row };
    x += long;
    return entry;
  });
  return { entries, lines: row + 1 };
}

/** Runs of values without a hole: Prometheus leaves out what it does not know, and says NaN of what is undefined. */
function unbroken(values: NamedSeries["values"]): readonly NamedSeries["values"][] {
  const runs: (readonly [number, number])[][] = [];
  let last = Number.NaN;
  const step = Math.min(...values.slice(1).map(([at], i) => at - (values[i]?.[0] ?? 0)));
  for (const value of values) {
    if (!Number.isFinite(value[1])) continue;
    if (!(value[0] - last <= step * 1.5)) runs.push([]);
    runs.at(-1)?.push(value);
    last = value[0];
  }
  return runs.filter(({ length }) => length > 1);
}

/** Whole minutes, about six of them. */
function timesIn({ from, to }: Range): readonly number[] {
  const step = [60, 120, 300, 600, 1_800, 3_600].find((one) => (to - from) / one <= 7) ?? 7_200;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}

const letter = (i: number) => String.fromCharCode(65 + i);
const clock = (at: number) => new Date(at * 1_000).toISOString().slice(11, 16);
