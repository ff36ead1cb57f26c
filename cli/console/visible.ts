/** The colours of `coloured`. */
export const INKS = { good: "32", look: "33", wrong: "31;1" } as const;

const OWN = ["0", ...Object.values(INKS)].map((ink) => `\u001b[${ink}m`);

/**
 * What a terminal obeys and does not show: control characters but the ends of lines and tabs, and what turns the direction of
 * writing round. They are written as JSON writes them, so that a line of JSON stays the same.
 */
const OBEYED = /(?![\n\t])[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const escaped = (text: string) =>
  text.replaceAll(OBEYED, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A text that may hold what a camera, a broker or a gateway has said, as a terminal may have it. Our own colours stay. Pure. */
export function visible(text: string): string {
  const [own] = OWN.filter((ink) => text.includes(ink)).slice(-1);
  return own === undefined ? escaped(text) : text.split(own).map(visible).join(own);
}

/** The same in one line, and so long at most: nobody writes lines of their own into ours. Pure. */
export function oneLine(text: string, most = 600): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
