/// <reference lib="dom" />
import { type Language, languageOf } from "../../guide/words/language.ts";
import { loadMessages, type Messages } from "../../guide/words/messages.ts";
import { element } from "./nodes.ts";

/** The messages of a page in one language: its own, and those of the guide for the contract's codes. */
export interface Words {
  readonly language: Language;
  readonly page: Messages;
  readonly guide: Messages;
}

const KEPT = "matchlight-language";

/** Loads the messages and writes them into the page, and again after each change of language. */
export async function openWords(changed: (words: Words) => void): Promise<void> {
  const choice = element("language", HTMLSelectElement);
  const use = async (language: Language) => {
    const [page, guide] = await Promise.all([loadMessages(language, import.meta.url), loadMessages(language)]);
    document.documentElement.lang = language;
    for (const one of document.querySelectorAll("matchlight-guide")) one.setAttribute("lang", language);
    choice.value = language;
    writeWords(page);
    changed({ language, page, guide });
  };
  choice.addEventListener("change", () => {
    localStorage.setItem(KEPT, choice.value);
    void use(languageOf(choice.value));
  });
  await use(languageOf(localStorage.getItem(KEPT) ?? navigator.language));
}

/** Writes the static messages. Each element names its message. */
function writeWords(messages: Messages): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-words]")) {
    const [group = "", name = ""] = place.dataset["words"]?.split(".") ?? [];
    place.textContent = messages.format(group, name);
  }
}

/** The message for a code of the gateway. Pure. */
export function problemWords({ page }: Words, code: string): string {
  return page.format("problem", page.has("problem", code) ? code : "failed");
}
