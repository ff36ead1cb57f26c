/** The languages of the catalogues, as BCP 47 tags: the names of their files. */
export const LANGUAGES = ["en", "zh-CN", "zh-TW"] as const;

export type Language = (typeof LANGUAGES)[number];

/** Tags with traditional characters: by script, or by region if no script is named. */
const TRADITIONAL = /^zh(-hant\b|-(tw|hk|mo)\b)/i;

/** The catalogue for a BCP 47 tag; English if there is none. Pure. */
export function languageOf(tag: string): Language {
  if (TRADITIONAL.test(tag)) return "zh-TW";
  return /^zh\b/i.test(tag) ? "zh-CN" : "en";
}
