/** Pieces of a picture. Coordinates are pixels; text is escaped. */

export const INK = "#24292e";
export const FAINT = "#6a737d";

export function text(x: number, y: number, words: string, style: Readonly<Record<string, string | number>> = {}) {
  return `<text${attributes({ x, y, fill: INK, ...style })}>${escaped(words)}</text>`;
}

export function rect(x: number, y: number, width: number, height: number, style: Readonly<Record<string, string>>) {
  return `<rect${attributes({ x, y, width, height, ...style })}/>`;
}

/** A line through points. */
export function line(
  points: readonly (readonly [number, number])[],
  style: Readonly<Record<string, string | number>>,
): string {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
  return `<polyline points="${path}" fill="none"${attributes(style)}/>`;
}

/** DejaVu Sans is about so wide: good enough to lay a legend out. */
export function widthOf(words: string, size: number): number {
  return words.length * size * 0.6;
}

function attributes(style: Readonly<Record<string, string | number>>): string {
  return Object.entries(style)
    .map(([name, value]) => ` ${name}="${typeof value === "number" ? round(value) : value}"`)
    .join("");
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const round = (value: number) => Math.round(value * 10) / 10;
