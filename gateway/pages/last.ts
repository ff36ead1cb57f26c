/// <reference lib="dom" />
import { html } from "../../guide/drawing/nodes.ts";
import { element, place } from "./nodes.ts";
import type { Words } from "./words.ts";

/** The end of a verification, as the gateway lists it. */
export interface Ended {
  readonly id: string;
  readonly askedAt: string;
  readonly state: "sending" | "asked" | "reported" | "refused" | "unanswered";
  readonly decision: string | null;
  readonly reason: string | null;
  readonly refusal: string | null;
}

/** Shows when and how the last verifications ended, with their codes. It shows nothing about a person. */
export function showLast(list: readonly Ended[], words: Words): void {
  const table = element("last", HTMLTableElement);
  place("last-none").hidden = list.length > 0;
  table.hidden = list.length === 0;
  table.tBodies[0]?.replaceChildren(...list.map((one) => row(one, words)));
}

function row(one: Ended, words: Words): HTMLElement {
  const at = new Intl.DateTimeFormat(words.language, { timeStyle: "medium" }).format(new Date(one.askedAt));
  const { result, why, code } = endingWords(one, words);
  return html("tr", {}, [
    html("td", {}, [html("time", { datetime: one.askedAt }, [at])]),
    html("td", {}, [result]),
    html("td", {}, code === "" ? [] : [why, html("code", {}, [code])]),
  ]);
}

/** Pure. */
function endingWords({ state, decision, reason, refusal }: Ended, { page, guide }: Words) {
  if (decision !== null) {
    const result = guide.format("decision", decision);
    return { result, why: reason === null ? "" : guide.format("reason", reason), code: reason ?? "" };
  }
  const why = refusal === null ? "" : guide.format("refusal", refusal);
  return { result: page.format("ending", state), why, code: refusal ?? "" };
}
