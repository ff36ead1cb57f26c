/// <reference lib="dom" />

/** Custom properties that pages may change. Everything else depends on them. */
const THEME = `
:host {
  --ink: var(--matchlight-ink, #12312f);
  --muted: var(--matchlight-muted, #4a625f);
  --paper: var(--matchlight-paper, #f6faf9);
  --accent: var(--matchlight-accent, #0a6b63);
  --soft: var(--matchlight-soft, #d8ebe7);
  --edge: var(--matchlight-edge, #b4cfca);
  --font: var(--matchlight-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC",
    "Microsoft YaHei", "Noto Sans CJK SC", sans-serif);
}
:host(:lang(zh-TW)) {
  --font: var(--matchlight-font, system-ui, -apple-system, "PingFang TC", "Microsoft JhengHei", "Noto Sans CJK TC",
    sans-serif);
}
`;

const LAYOUT = `
:host { display: block; container-type: size; height: 100%; min-height: 18rem; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; margin: 0; }
.guide {
  height: 100%; overflow: auto; padding: clamp(1rem, 4cqmin, 3.5rem); gap: clamp(0.75rem, 4cqmin, 3.5rem);
  display: grid; grid-template: minmax(7rem, 1fr) auto / minmax(0, 1fr); align-items: center; justify-items: center;
  color: var(--ink); background: var(--paper); font: 400 1.125rem/1.5 var(--font); text-align: center;
}
.picture { width: 100%; height: 100%; min-height: 0; display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr);
  place-items: center; }
.picture > svg { width: 100%; height: 100%; max-width: 30rem; max-height: min(30rem, 60cqh); }
.text { display: grid; gap: clamp(0.5rem, 2cqmin, 1.25rem); justify-items: center; max-width: 44rem; width: 100%; }
.status { display: grid; gap: 0.4em; }
h1 {
  font-size: clamp(1.75rem, 8.2cqmin, 4.25rem); font-weight: 650; line-height: 1.14; letter-spacing: -0.012em;
  text-wrap: balance;
}
h1:lang(zh) { letter-spacing: 0.02em; line-height: 1.25; }
h1.long { font-size: clamp(1.5rem, 5.4cqmin, 3rem); }
.more { font-size: clamp(1.0625rem, 3.4cqmin, 1.625rem); color: var(--muted); text-wrap: balance; }
.more:empty, .lines:empty, .actions:empty, .details:empty { display: none; }
.lines { list-style: none; padding: 0; display: grid; gap: 0.55em; text-align: start; }
.lines li { display: grid; grid-template-columns: 1.4em 1fr; font-size: clamp(1rem, 2.9cqmin, 1.375rem); line-height: 1.4; }
.lines li::before { content: ""; width: 0.5em; height: 0.5em; margin-top: 0.45em; border-radius: 50%; background: var(--accent); }
.actions { display: flex; flex-wrap: wrap; gap: 0.9rem; justify-content: center; width: 100%; padding-block: 0.4rem;
  position: sticky; bottom: 0; background: var(--paper); }
.details { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); gap: 0.6rem; width: 100%;
  text-align: start; }
.details div { background: #fff; border: 1px solid var(--edge); border-radius: 0.75rem; padding: 0.7rem 1rem; }
.details dt { font-size: 0.875rem; color: var(--muted); }
.details dd { font-size: 1.125rem; }
.details code { font: 0.9375rem/1.4 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
@container (min-width: 44rem) and (min-aspect-ratio: 5/4) {
  .guide { grid-template: minmax(0, 1fr) / minmax(0, 2fr) minmax(0, 3fr); text-align: start; }
  .picture > svg { max-height: 76cqh; }
  .text, .status { justify-items: start; }
  .actions { justify-content: start; }
}
`;

const BUTTONS = `
button {
  flex: 1 1 10rem; max-width: 20rem; min-height: 3.5rem; padding: 0.6rem 1.6rem; border-radius: 999px; cursor: pointer;
  border: 2px solid var(--accent); background: #fff; color: var(--accent);
  font: 600 clamp(1.125rem, 3.2cqmin, 1.5rem)/1.2 var(--font);
}
button.first { background: var(--accent); color: #fff; }
button.quiet { flex: 0 1 auto; min-height: 3rem; border-color: var(--edge); color: var(--ink); }
button:hover { box-shadow: 0 0 0 4px var(--soft); }
button:focus-visible, .text:focus-visible { outline: 4px solid var(--ink); outline-offset: 4px; }
.text:focus { outline: none; }
.text:focus-visible { border-radius: 0.5rem; }
`;

const DRAWING = `
svg { fill: none; stroke-width: 3.5; stroke-linecap: round; stroke-linejoin: round; overflow: visible; }
.ink { stroke: var(--ink); }
.accent { stroke: var(--accent); stroke-width: 5; }
.ghost { stroke: var(--edge); stroke-width: 3; }
.soft { fill: var(--soft); }
.paper { fill: #fff; }
.dot { fill: var(--ink); }
.spot { fill: var(--accent); }
.done .ink { stroke: var(--accent); }
.waiting .spot { animation: breathe 1.8s ease-in-out infinite; }
.waiting .spot:nth-of-type(2) { animation-delay: 0.2s; }
.waiting .spot:nth-of-type(3) { animation-delay: 0.4s; }
.turn_left .accent { animation: to-left 1.6s ease-in-out infinite; }
.turn_right .accent { animation: to-right 1.6s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: 0.25; } }
@keyframes to-left { 50% { transform: translateX(-5px); } }
@keyframes to-right { 50% { transform: translateX(5px); } }
`;

const AIM = `
.aim .view { fill: #fff; stroke: var(--edge); }
.aim * { vector-effect: non-scaling-stroke; }
.aim .oval { stroke: var(--accent); stroke-width: 3; stroke-dasharray: 10 10; }
.aim .outline { stroke: var(--ink); stroke-width: 4; }
.aim .outline { fill: var(--soft); fill-opacity: 0.6; }
.aim .mark { fill: var(--ink); stroke: none; }
.aim.well .oval { stroke-dasharray: none; }
.aim.well .outline { stroke: var(--accent); }
.bars { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 0.55rem 1rem; align-items: center; width: 100%; }
.bars:empty { display: none; }
.bars dt { text-align: start; }
.bars dd.word { color: var(--muted); text-align: end; }
.bars svg { display: block; width: 100%; height: 0.9rem; }
.bars .track { fill: var(--soft); }
.bars .band { fill: var(--edge); }
.bars .value { fill: var(--ink); }
`;

const PREFERENCES = `
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
@media (prefers-contrast: more) {
  :host { --muted: #12312f; --edge: #4a625f; }
}
@media (forced-colors: active) {
  .guide, .actions, .details div { color: CanvasText; background: Canvas; }
  .more, .details dt, .bars dd.word { color: CanvasText; }
  button, button.first, button.quiet { color: ButtonText; background: ButtonFace; border-color: ButtonText; }
  .ink, .aim .outline { stroke: CanvasText; }
  .accent, .aim.well .oval, .aim.well .outline, .done .ink { stroke: Highlight; }
  .ghost, .aim .oval, .aim .view { stroke: GrayText; }
  .soft, .paper, .aim .view, .aim .outline, .bars .track { fill: Canvas; }
  .dot, .aim .mark, .bars .value { fill: CanvasText; }
  .spot { fill: Highlight; }
  .bars .band { fill: GrayText; }
  .lines li::before { background: CanvasText; }
}
`;

/** The style sheet shared by all elements. It needs no inline style, so a strict content policy accepts it. */
export function makeSheet(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync([THEME, LAYOUT, BUTTONS, DRAWING, AIM, PREFERENCES].join("\n"));
  return sheet;
}
