import { IntlMessageFormat } from "intl-messageformat";
import type { Language } from "./language.ts";

/** ICU messages by group and name, as they are in `catalogues/`. */
export type Catalogue = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The values for the placeholders of a message. */
export type Values = Readonly<Record<string, string | number>>;

/** Formats the messages of one language. */
export interface Messages {
  readonly language: Language;
  has(group: string, name: string): boolean;
  /** The message. Without a message, the words of its name. */
  format(group: string, name: string, values?: Values): string;
}

export function messagesOf(language: Language, catalogue: Catalogue): Messages {
  const formats = new Map<string, IntlMessageFormat>();
  const formatOf = (text: string) => {
    const known = formats.get(text) ?? new IntlMessageFormat(text, language);
    formats.set(text, known);
    return known;
  };
  return {
    language,
    has: (group, name) => catalogue[group]?.[name] !== undefined,
    format(group, name, values = {}) {
      const text = catalogue[group]?.[name];
      return text === undefined ? name.replaceAll("_", " ") : String(formatOf(text).format(values));
    },
  };
}

/** The messages before a catalogue is loaded. */
export const NO_MESSAGES: Messages = { language: "en", has: () => false, format: () => "" };

/** The address of the guide's own catalogues. */
const GUIDE = new URL("..", import.meta.url).href;

/** Loads a catalogue from `catalogues/` beside an address, by default the guide's. Throws if it cannot be loaded. */
export async function loadMessages(language: Language, beside: string = GUIDE): Promise<Messages> {
  const url = new URL(`./catalogues/${language}.json`, beside);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
  return messagesOf(language, await response.json());
}
