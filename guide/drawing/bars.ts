/// <reference lib="dom" />
import type { AimFace, AimNumbers } from "../aim.ts";
import type { Messages } from "../messages.ts";
import { html, svg } from "./nodes.ts";

/** A measure of the aim: the value and the band in which it is right, as shares of the bar. */
interface Measure {
  readonly name: "size" | "light" | "sharpness";
  readonly value: number;
  readonly right: readonly [number, number];
}

/** Pixels between the eyes at the end of the bar, as a share of the frame's height. */
const WIDEST_EYES = 0.4;

function measuresOf({ eyeDistance, light, sharpness }: AimFace, frame: AimNumbers["frame"]): readonly Measure[] {
  return [
    { name: "size", value: eyeDistance / (WIDEST_EYES * frame.height), right: [0.25, 0.75] },
    { name: "light", value: light, right: [0.25, 0.8] },
    { name: "sharpness", value: sharpness, right: [0.3, 1] },
  ];
}

/** A row for each measure: its name, a bar, and what it says in a word. */
export function bars({ face, frame }: AimNumbers, messages: Messages): readonly HTMLElement[] {
  if (!face) return [];
  return measuresOf(face, frame).flatMap((measure) => [
    html("dt", {}, [messages.format("aim", measure.name)]),
    html("dd", { "aria-hidden": "true" }, [bar(measure)]),
    html("dd", { class: "word" }, [messages.format("aim", verdict(measure))]),
  ]);
}

function verdict({ value, right: [least, most] }: Measure): "low" | "right" | "high" {
  if (value < least) return "low";
  return value > most ? "high" : "right";
}

const WIDTH = 200;
const HEIGHT = 12;

function bar({ value, right: [least, most] }: Measure): SVGElement {
  const at = Math.min(1, Math.max(0, value)) * WIDTH;
  const whole = { y: 0, height: HEIGHT, rx: HEIGHT / 2 };
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" }, [
    svg("rect", { class: "track", x: 0, width: WIDTH, ...whole }),
    svg("rect", { class: "band", x: least * WIDTH, width: (most - least) * WIDTH, ...whole }),
    svg("rect", { class: "value", x: Math.min(at, WIDTH - 6), width: 6, ...whole, rx: 2 }),
  ]);
}
