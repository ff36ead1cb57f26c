import type { Writable } from "node:stream";
import { styleText } from "node:util";
import { type Colour, type Light, type Pattern, playOn } from "./light.ts";

/** `blink` draws one line again at each beat, for a terminal. `tell` prints a line for each new pattern, for a log. */
type TextLightStyle = "blink" | "tell";

const INKS = { green: "green", amber: "yellow", red: "red", white: "white" } as const;

/** A status light in a terminal: a dot that blinks, and its meaning. */
export function textLight(out: Writable, style: TextLightStyle): Light {
  let shown: Pattern | undefined;
  const blink = (colour: Colour | "dark", pattern: Pattern) => out.write(`\r\u001b[K${dot(colour)} ${pattern.meaning}`);
  const printPattern = (pattern: Pattern) => {
    if (pattern !== shown) out.write(`light: ${pattern.colour}, ${pattern.meaning}\n`);
    shown = pattern;
  };
  const lamp = {
    set: (colour: Colour | "dark", pattern: Pattern) =>
      void (style === "blink" ? blink(colour, pattern) : printPattern(pattern)),
  };
  return playOn("text", lamp, async () => void out.write(style === "blink" ? "\r\u001b[K" : "light: dark\n"));
}

function dot(colour: Colour | "dark"): string {
  return colour === "dark" ? "○" : styleText(INKS[colour], "●");
}
