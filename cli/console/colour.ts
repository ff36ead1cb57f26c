import { INKS } from "./visible.ts";

/** How much attention words need. */
export type Attention = keyof typeof INKS;

/** Words in the colour of the attention that they need, on a terminal that shows colours; NO_COLOR is respected. */
export function coloured(words: string, attention: Attention, { stdout, env } = process): string {
  const shows = stdout.isTTY && !env["NO_COLOR"] && stdout.hasColors();
  return shows ? `\u001b[${INKS[attention]}m${words}\u001b[0m` : words;
}
