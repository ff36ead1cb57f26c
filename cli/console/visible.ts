/** The colours of `coloured`. */
export const INKS = { good: "32", look: "33", wrong: "31;1" } as const;

const OWN = ["0", ...Object.values(INKS)].map((ink) => `\u001b[${ink}m`);

/**
 * Characters that control a terminal: control characters except line ends and tabs, and characters that reverse the direction of
 * text. They are written with JSON's escapes, so that a line of JSON stays the same.
 */
const OBEYED = /(?![\n\t])[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const escaped = (text: string) =>
  text.replaceAll(OBEYED, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Makes a text safe for a terminal, if it may contain words of a camera, a broker or a gateway. Our own colours stay. Pure. */
export function visible(text: string): string {
  const [own] = OWN.filter((ink) => text.includes(ink)).slice(-1);
  return own === undefined ? escaped(text) : text.split(own).map(visible).join(own);
}

/** Makes the text safe and puts it into one line of limited length, so that it cannot imitate our own lines. Pure. */
export function oneLine(text: string, most = 600): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
