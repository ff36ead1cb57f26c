/// <reference lib="dom" />
import { MatchlightGuide } from "./element.ts";

export { MatchlightGuide } from "./element.ts";
export { LANGUAGES, type Language } from "./language.ts";
export type { Notice, ReportView } from "./scene.ts";

if (!customElements.get("matchlight-guide")) customElements.define("matchlight-guide", MatchlightGuide);

declare global {
  interface HTMLElementTagNameMap {
    "matchlight-guide": MatchlightGuide;
  }
}
