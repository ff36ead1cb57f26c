/// <reference lib="dom" />
import type { Aim } from "../../protocol/messages/contract.ts";
import type { Messages } from "../words/messages.ts";
import { html, svg } from "./nodes.ts";

/** A measure of the aim: the value and the band in which it is right, as shares of the bar. */
interface Measure {
  readonly name: "size" | "light" | "sharpness";
  readonly value: number;
  readonly right: readonly [number, number];
}

/** Pixels between the eyes at the end of the bar, as a share of the frame's height. */
const WIDEST_EYES = 0.4;
/** The sharpness at the end of the bar: faces in good light have about half of it. */
const SHARPEST = 0.8;

function measuresOf({ frame, eyeDistance, light, sharpness }: Aim): readonly Measure[] {
  const size = frame && eyeDistance !== undefined ? eyeDistance / (WIDEST_EYES * frame.height) : undefined;
  const sharp = sharpness === undefined ? undefined : sharpness / SHARPEST;
  return [
    ...measure("size", size, [0.25, 0.75]),
    ...measure("light", light?.face, [0.25, 0.8]),
    ...measure("sharpness", sharp, [0.35, 1]),
  ];
}

/** A measure without a value has no bar. */
function measure(name: Measure["name"], value: number | undefined, right: Measure["right"]): readonly Measure[] {
  return value === undefined ? [] : [{ name, value, right }];
}

/** Draws a row for each measure: its name, a bar and a word. */
export function bars(aim: Aim, messages: Messages): readonly HTMLElement[] {
  return measuresOf(aim).flatMap((measure) => [
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
