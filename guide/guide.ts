/// <reference lib="dom" />
import { MatchlightGuide } from "./element.ts";

export { MatchlightGuide } from "./element.ts";
export type { Notice, ReportView } from "./scene.ts";
export { LANGUAGES, type Language } from "./words/language.ts";

if (!customElements.get("matchlight-guide")) customElements.define("matchlight-guide", MatchlightGuide);

declare global {
  interface HTMLElementTagNameMap {
    "matchlight-guide": MatchlightGuide;
  }
}
