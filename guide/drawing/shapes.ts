import type { Attributes } from "./nodes.ts";

/** A piece of a pictogram: how it is drawn (a class of the style sheet), its tag and its geometry. */
export interface Shape {
  readonly draw: "ink" | "accent" | "soft" | "ghost" | "dot" | "spot" | "paper";
  readonly tag: "path" | "circle" | "ellipse" | "rect";
  readonly at: Attributes;
}

type Draw = Shape["draw"];

export const path = (draw: Draw, d: string): Shape => ({ draw, tag: "path", at: { d } });

export const circle = (draw: Draw, cx: number, cy: number, r: number): Shape => ({
  draw,
  tag: "circle",
  at: { cx, cy, r },
});

export const box = (draw: Draw, x: number, y: number, width: number, height: number, rx: number): Shape => ({
  draw,
  tag: "rect",
  at: { x, y, width, height, rx },
});

/** A straight arrow with an open head. */
export function arrow(draw: Draw, x1: number, y1: number, x2: number, y2: number, head = 7): Shape {
  return path(draw, `M${x1} ${y1}L${x2} ${y2}${headOf(x1, y1, x2, y2, head)}`);
}

/** An arrow along a curve that is drawn to the point in the middle. */
export function bow(
  draw: Draw,
  from: readonly [number, number],
  middle: readonly [number, number],
  to: readonly [number, number],
  head = 9,
): Shape {
  return path(draw, `M${from.join(" ")}Q${middle.join(" ")} ${to.join(" ")}${headOf(...middle, ...to, head)}`);
}

function headOf(x1: number, y1: number, x2: number, y2: number, length: number): string {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const wing = (turn: number) =>
    `${(x2 - length * Math.cos(angle + turn)).toFixed(1)} ${(y2 - length * Math.sin(angle + turn)).toFixed(1)}`;
  return `M${wing(0.7)}L${x2} ${y2}L${wing(-0.7)}`;
}

/** The corners of the camera's view. */
export const VIEW = path(
  "ghost",
  "M12 28V20a8 8 0 0 1 8-8h8M68 12h8a8 8 0 0 1 8 8v8M84 68v8a8 8 0 0 1-8 8h-8M28 84h-8a8 8 0 0 1-8-8v-8",
);

/** A face, as high as `size`; `turn` moves eyes and mouth to a side, `tilt` leans it by degrees. */
export function face(x: number, y: number, size: number, { turn = 0, tilt = 0 } = {}): readonly Shape[] {
  const unit = size / 40;
  const at = (dx: number, dy: number) => `${(x + (dx + turn) * unit).toFixed(1)} ${(y + dy * unit).toFixed(1)}`;
  const oval = { cx: x, cy: y, rx: 16 * unit, ry: 20 * unit };
  const eye = (dx: number) => circle("dot", x + (dx + turn) * unit, y - 3 * unit, Math.max(1.6, 2 * unit));
  const shapes: readonly Shape[] = [
    { draw: "soft", tag: "ellipse", at: oval },
    { draw: "ink", tag: "ellipse", at: oval },
    eye(-6),
    eye(6),
    path("ink", `M${at(-6, 8)}Q${at(0, 13)} ${at(6, 8)}`),
  ];
  if (tilt === 0) return shapes;
  return shapes.map((shape) => ({ ...shape, at: { ...shape.at, transform: `rotate(${tilt} ${x} ${y})` } }));
}

/** Head and shoulders. */
export function bust(draw: "ink" | "ghost", x: number, y: number, size: number): readonly Shape[] {
  const unit = size / 40;
  const n = (value: number) => (value * unit).toFixed(1);
  const shoulders = `M${x - 19 * unit} ${y + 40 * unit}v-${n(5)}a${n(13)} ${n(13)} 0 0 1 ${n(13)} -${n(13)}h${n(12)}a${n(13)} ${n(13)} 0 0 1 ${n(13)} ${n(13)}v${n(5)}`;
  const filling: readonly Shape[] =
    draw === "ink" ? [path("soft", `${shoulders}z`), circle("soft", x, y + 9 * unit, 9 * unit)] : [];
  return [...filling, path(draw, shoulders), circle(draw, x, y + 9 * unit, 9 * unit)];
}

/** A lamp that hangs from above. */
export function lamp(x: number, y: number): readonly Shape[] {
  return [circle("soft", x, y, 15), path("ink", `M${x - 8} ${y + 13}a15 15 0 1 1 16 0v5h-16zM${x - 6} ${y + 24}h12`)];
}

/** The sun, with rays all around. */
export function sun(draw: "ink" | "accent", x: number, y: number, r: number): readonly Shape[] {
  const rays = Array.from({ length: 8 }, (_, i) => {
    const angle = (i * Math.PI) / 4;
    const at = (length: number) =>
      `${(x + length * Math.cos(angle)).toFixed(1)} ${(y + length * Math.sin(angle)).toFixed(1)}`;
    return `M${at(r + 5)}L${at(r + 11)}`;
  });
  return [circle("soft", x, y, r), circle(draw, x, y, r), path(draw, rays.join(""))];
}

/** The camera: a lens in a housing. */
export function camera(x: number, y: number): readonly Shape[] {
  return [
    box("soft", x - 17, y - 12, 34, 24, 8),
    box("ink", x - 17, y - 12, 34, 24, 8),
    circle("accent", x, y, 6),
    circle("spot", x, y, 1.8),
  ];
}
