/// <reference lib="dom" />

import { aimPicture } from "./drawing/aim-picture.ts";
import { bars } from "./drawing/bars.ts";
import { html } from "./drawing/nodes.ts";
import { isDrawn, pictogram } from "./drawing/pictograms.ts";
import type { Action, Frame } from "./frame.ts";
import type { Messages } from "./words/messages.ts";

/** The nodes of an element. The nodes stay and only changes are written, so that screen readers say each change once. */
export interface Screen {
  show(frame: Frame, messages: Messages): void;
  focus(options?: FocusOptions): void;
}

/** A title longer than this many characters is set smaller. */
const LONG = 34;

export function openScreen(root: ShadowRoot, onAction: (action: Action) => void): Screen {
  const picture = html("div", { class: "picture", part: "picture" });
  const [title, more] = [html("h1"), html("p", { class: "more" })];
  const status = html("div", { class: "status", role: "status", "aria-atomic": "true" }, [title, more]);
  const lines = html("ul", { class: "lines" });
  const measures = html("dl", { class: "bars" });
  const details = html("dl", { class: "details" });
  const actions = html("div", { class: "actions" });
  const text = html("div", { class: "text", tabindex: "-1" }, [status, measures, lines, details, actions]);
  root.append(html("div", { class: "guide", part: "guide" }, [picture, text]));
  const write = changes();

  return {
    focus: (options) => text.focus(options),
    show(frame, messages) {
      text.lang = messages.language;
      write(title, frame.title, () => {
        title.textContent = frame.title;
        title.classList.toggle("long", widthOf(frame.title) > LONG);
      });
      write(more, frame.more, () => {
        more.textContent = frame.more;
      });
      write(picture, [frame.picture, messages.language], () => {
        picture.replaceChildren(drawn(frame, messages));
        measures.replaceChildren(...(typeof frame.picture === "object" ? bars(frame.picture, messages) : []));
      });
      write(lines, frame.lines, () => lines.replaceChildren(...frame.lines.map((line) => html("li", {}, [line]))));
      write(details, frame.details, () => details.replaceChildren(...frame.details.map(detail)));
      write(actions, [frame.actions, messages.language], () => {
        const focused = actions.contains(root.activeElement);
        actions.replaceChildren(...frame.actions.map((action) => button(action, messages, onAction)));
        if (focused) text.focus();
      });
    },
  };
}

/** Runs a change only if the value differs from the shown one. */
function changes(): (node: Node, value: unknown, change: () => void) => void {
  const shown = new WeakMap<Node, string>();
  return (node, value, change) => {
    const key = JSON.stringify(value);
    if (shown.get(node) === key) return;
    shown.set(node, key);
    change();
  };
}

/** Chinese characters are twice as wide as Latin ones. */
function widthOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (character > "\u2e80" ? 2 : 1), 0);
}

function drawn({ picture }: Frame, messages: Messages): Node {
  if (typeof picture === "object") return aimPicture(picture, messages.format("aim", "picture"));
  return pictogram(isDrawn(picture) ? picture : "looking");
}

function detail({ label, text, code }: Frame["details"][number]): HTMLElement {
  const words = code ? html("code", {}, [text]) : text;
  return html("div", {}, [html("dt", {}, [label]), html("dd", {}, [words])]);
}

const CLASSES = { agree: "first", decline: "second", stop: "quiet" } as const;

function button(action: Action, messages: Messages, onAction: (action: Action) => void): HTMLElement {
  const node = html("button", { type: "button", class: CLASSES[action] }, [messages.format("action", action)]);
  node.addEventListener("click", () => onAction(action));
  return node;
}
