import type { Panel } from "./panels.ts";

/** Grafana's names of colours, as far as the dashboard uses them. */
const COLOURS: Readonly<Record<string, string>> = {
  green: "#37872d",
  blue: "#1f60c4",
  orange: "#e07400",
  red: "#c4162a",
  gray: "#808080",
};

/** Of series whose colour the dashboard does not choose, in their order. */
const PALETTE = ["#37872d", "#1f60c4", "#e07400", "#8f3bb8", "#b8860b", "#0a7f8c", "#c4162a", "#6a737d"] as const;

/** The colour of a series: what the dashboard chose for its name, else by its place. Pure. */
export function lineColour(panel: Panel, name: string, place: number): string {
  return chosenColour(panel, name) ?? PALETTE[place % PALETTE.length] ?? PALETTE[0];
}

/** The colour of a number: what the dashboard chose for its name, else the highest threshold that it reaches. Pure. */
export function valueColour(panel: Panel, name: string, value: number): string {
  const steps = panel.fieldConfig.defaults.thresholds?.steps ?? [];
  const reached = steps.filter((step) => step.value === null || step.value <= value).at(-1);
  return chosenColour(panel, name) ?? COLOURS[reached?.color ?? "blue"] ?? PALETTE[1];
}

function chosenColour({ fieldConfig }: Panel, name: string): string | undefined {
  const override = fieldConfig.overrides.find(({ matcher }) => matcher.id === "byName" && matcher.options === name);
  const colour = override?.properties.find(({ id }) => id === "color")?.value.fixedColor;
  return colour === undefined ? undefined : COLOURS[colour];
}

/** A number in the panel's unit. Pure. */
export function inUnit(value: number, unit: string): string {
  if (unit === "percentunit") return `${Number((value * 100).toPrecision(2))} %`;
  if (unit === "s") return value > 0 && value < 1 ? `${Math.round(value * 1_000)} ms` : `${rounded(value)} s`;
  return rounded(value);
}

const rounded = (value: number) => String(Number(value.toPrecision(3)));

/** Numbers for an axis from 0 up: a step of 1, 2 or 5 times a power of ten, about four of them. Pure. */
export function axisTo(most: number): readonly number[] {
  const top = most > 0 ? most : 1;
  const power = 10 ** Math.floor(Math.log10(top / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => top / one <= 4.5) ?? top;
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, i) => i * step);
}
