/// <reference lib="dom" />
import type { Aim, Progress } from "../protocol/messages/contract.ts";
import { type Action, type Audience, frameOf } from "./frame.ts";
import { due, LEAST_MS, type Pacing, pace } from "./pacing.ts";
import {
  afterProgress,
  afterReport,
  canDecline,
  DECLINED,
  IDLE,
  isPaced,
  type Notice,
  type ReportView,
  type Scene,
  WAITING,
} from "./scene.ts";
import { openScreen, type Screen } from "./screen.ts";
import { makeSheet } from "./style.ts";
import { type Language, languageOf } from "./words/language.ts";
import { loadMessages, type Messages, NO_MESSAGES } from "./words/messages.ts";
import { silence, speak } from "./words/speech.ts";

let sheet: CSSStyleSheet | undefined;

/**
 * `<matchlight-guide lang="zh-CN" audience="customer" speech>`: shows one person what the camera wants. A page gives it
 * the contract's messages and listens to `consent` and `decline`; it asks nobody anything itself.
 */
export class MatchlightGuide extends HTMLElement {
  static readonly observedAttributes = ["lang", "audience", "speech", "without-buttons"];

  #scene: Scene = IDLE;
  #pacing: Pacing<Scene> = { shown: IDLE, sinceMs: Number.NEGATIVE_INFINITY };
  #connected = true;
  #messages: Messages = NO_MESSAGES;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #said = "";
  readonly #screen: Screen;

  constructor() {
    super();
    sheet ??= makeSheet();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    this.#screen = openScreen(root, (action) => this.#act(action));
  }

  /** Shows the consent notice. The page must wait for the event `consent`. */
  ask(notice: Notice): void {
    this.#become({ kind: "consent", notice });
  }

  /** A message of the contract's `progress` topic. */
  set progress(progress: Pick<Progress, "stage" | "hint">) {
    this.#become(afterProgress(this.#scene, progress));
  }

  /** The claims of a report, or its `decision` and `reason`. */
  set report(report: ReportView) {
    this.#become(afterReport(report));
  }

  /** The claims of a refusal, or its `code`; `unanswered` if the camera did not answer. */
  set refusal({ code }: { readonly code: string }) {
    this.#become({ kind: "refused", code });
  }

  /** A message of an aim, as the camera sent it. The last one of an aim, or null, ends aiming. */
  set aim(aim: Aim | null) {
    this.#become(aim === null || aim.ended !== undefined ? IDLE : { kind: "aim", aim });
  }

  /** Whether the page reaches the camera. */
  set connected(connected: boolean) {
    this.#connected = connected;
    this.#draw();
  }

  /** Moves the focus to the text. A screen reader says it, and the buttons come next. */
  override focus(options?: FocusOptions): void {
    this.#screen.focus(options);
  }

  /** Resets the element for the next person. */
  reset(): void {
    this.#become(IDLE);
  }

  connectedCallback(): void {
    void this.#translate();
  }

  disconnectedCallback(): void {
    clearTimeout(this.#timer);
    silence();
  }

  attributeChangedCallback(name: string): void {
    if (name === "lang") void this.#translate();
    if (name === "speech" && !this.hasAttribute("speech")) silence();
    this.#draw();
  }

  get #audience(): Audience {
    return this.getAttribute("audience") === "staff" ? "staff" : "customer";
  }

  get #language(): Language {
    const near = this.closest<HTMLElement>("[lang]")?.lang;
    return languageOf(near || navigator.language);
  }

  async #translate(): Promise<void> {
    const language = this.#language;
    if (!this.isConnected || (this.#messages.language === language && this.#messages !== NO_MESSAGES)) return;
    try {
      const messages = await loadMessages(language);
      if (language === this.#language) this.#messages = messages;
    } catch (error) {
      this.dispatchEvent(new CustomEvent("trouble", { detail: { error }, bubbles: true }));
    }
    this.#draw();
  }

  #become(scene: Scene): void {
    this.#scene = scene;
    const nowMs = performance.now();
    this.#pacing = isPaced(this.#pacing.shown, scene)
      ? pace(this.#pacing, scene, nowMs)
      : { shown: scene, sinceMs: nowMs };
    this.#draw();
  }

  #draw(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    this.#pacing = due(this.#pacing, nowMs);
    if (this.#pacing.next) this.#timer = setTimeout(() => this.#draw(), this.#pacing.sinceMs + LEAST_MS - nowMs);
    const frame = frameOf(this.#pacing.shown, this.#audience, this.#connected, this.#messages);
    const buttons = this.hasAttribute("without-buttons") ? { actions: [] } : {};
    this.#screen.show({ ...frame, ...buttons }, this.#messages);
    this.#say(`${frame.title} ${frame.more}`.trim());
  }

  #say(text: string): void {
    if (!this.hasAttribute("speech") || text === this.#said) return;
    this.#said = text;
    speak(text, this.#messages.language);
  }

  #act(action: Action): void {
    if (!canDecline(this.#scene)) return;
    const agreed = action === "agree";
    const notice = this.#scene.kind === "consent" ? this.#scene.notice.id : undefined;
    const detail = agreed ? { notice, at: Math.floor(Date.now() / 1000) } : {};
    this.#become(agreed ? WAITING : DECLINED);
    this.dispatchEvent(new CustomEvent(agreed ? "consent" : "decline", { detail, bubbles: true, composed: true }));
  }
}
