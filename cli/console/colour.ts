import { INKS } from "./visible.ts";

/** The level of attention that a text needs. */
export type Attention = keyof typeof INKS;

/** Colours a text by its level, on a terminal with colours. NO_COLOR is respected. */
export function coloured(words: string, attention: Attention, { stdout, env } = process): string {
  const shows = stdout.isTTY && !env["NO_COLOR"] && stdout.hasColors();
  return shows ? `\u001b[${INKS[attention]}m${words}\u001b[0m` : words;
}
