/// <reference lib="dom" />

/** Reads words aloud, if the browser can. New words interrupt earlier ones. */
export function speak(text: string, language: string): void {
  if (!("speechSynthesis" in globalThis) || text === "") return;
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.lang = language;
  speechSynthesis.cancel();
  speechSynthesis.speak(utterance);
}

export function silence(): void {
  if ("speechSynthesis" in globalThis) speechSynthesis.cancel();
}
