/** The style sheet of the pages, in the colours of the guide. */
export const STYLE = `
:root {
  --ink: #12312f; --muted: #4a625f; --paper: #f6faf9; --accent: #0a6b63; --soft: #d8ebe7; --edge: #b4cfca;
  --bad: #8f1d14; --bad-soft: #fbe9e7; --warn: #7a4b00; --warn-soft: #fdf1dc;
  font: 400 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei",
    "Noto Sans CJK SC", sans-serif;
  color: var(--ink); background: var(--paper);
}
:root:lang(zh-TW) {
  font-family: system-ui, -apple-system, "PingFang TC", "Microsoft JhengHei", "Noto Sans CJK TC", sans-serif;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; min-height: 100dvh; display: grid; grid-template: auto 1fr / minmax(0, 1fr); }
h1, h2, p { margin: 0; }
h2 { font-size: 1.0625rem; font-weight: 650; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
header {
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.25rem; padding: 0.5rem 1.25rem;
  background: #fff; border-bottom: 1px solid var(--edge);
}
header label { display: flex; align-items: center; gap: 0.5rem; color: var(--muted); }
.brand { font-weight: 700; color: var(--accent); font-size: 1.125rem; }
.language { margin-inline-start: auto; }
a { color: var(--accent); }
select, input:not([type="file"]) {
  font: inherit; color: var(--ink); background: #fff; border: 1px solid #6d8682; border-radius: 0.5rem;
  padding: 0.45rem 0.6rem; min-height: 2.75rem; max-width: 100%;
}
button, .file {
  font: inherit; font-weight: 600; min-height: 2.75rem; padding: 0.45rem 1.1rem; border-radius: 999px; cursor: pointer;
  border: 2px solid var(--accent); background: #fff; color: var(--accent); display: inline-flex; align-items: center;
}
button.first { background: var(--accent); color: #fff; }
button.plain { border-color: transparent; background: none; padding-inline: 0.6rem; }
button:hover:enabled, .file:hover { box-shadow: 0 0 0 4px var(--soft); }
button:disabled { border-color: var(--edge); background: #eef3f2; color: var(--muted); cursor: default; }
button[aria-pressed="true"] { background: var(--soft); }
button:focus-visible, select:focus-visible, input:focus-visible, .file:focus-within, a:focus-visible, tr:focus-visible {
  outline: 3px solid var(--ink); outline-offset: 2px;
}
.file input { position: absolute; width: 1px; height: 1px; opacity: 0; }
.row { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; }
.note { color: var(--muted); font-size: 0.9375rem; }
.label { font-weight: 600; font-size: 0.9375rem; }
.trouble { background: var(--bad-soft); color: var(--bad); border-inline-start: 4px solid var(--bad); padding: 0.7rem 1rem; border-radius: 0.5rem; }
.trouble:empty { display: none; }
.state::before { content: ""; display: inline-block; width: 0.7em; height: 0.7em; border-radius: 50%; margin-inline-end: 0.45em; background: var(--edge); }
.state:empty::before { display: none; }
.state.ready::before { background: #1d8a4e; }
.state.busy::before { background: #1f6fb2; }
.state.faulty::before, .state.offline::before { background: var(--bad); }
#sign-in { display: grid; grid-template-columns: minmax(0, 1fr); place-items: center; padding: 1.5rem; }
#sign-in form { display: grid; gap: 1rem; width: min(28rem, 100%); background: #fff; border: 1px solid var(--edge); border-radius: 1rem; padding: 2rem; }
#sign-in label { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.3rem; font-weight: 600; }
#sign-in input { width: 100%; min-width: 0; }
#sign-in button { justify-self: start; }
.counter { display: grid; gap: 1rem; padding: 1rem; }
.stage, .staff > section { background: #fff; border: 1px solid var(--edge); border-radius: 1rem; }
.stage { display: grid; grid-template-rows: auto minmax(0, 1fr); overflow: hidden; min-height: min(44rem, 100dvh); }
.stage:fullscreen { border: 0; border-radius: 0; }
.stage:fullscreen .heading { display: none; }
.heading { display: flex; align-items: center; justify-content: space-between; min-height: 3.25rem; padding: 0.25rem 0.5rem 0.25rem 1.25rem; border-bottom: 1px solid var(--edge); }
.staff { display: grid; gap: 1rem; align-content: start; }
.staff > section { display: grid; gap: 0.75rem; padding: 1rem 1.25rem; }
.staff > #result { padding: 0; gap: 0; overflow: hidden; border-width: 2px; border-color: var(--accent); }
#staff { height: 19rem; min-height: 0; }
#staff::part(picture) { display: none; }
#staff::part(guide) { grid-template: minmax(0, 1fr) / minmax(0, 1fr); padding: 0.75rem 1.25rem; }
.photo { display: flex; gap: 1rem; align-items: start; }
.choice { display: grid; gap: 0.5rem; min-width: 0; }
#preview { width: 76px; height: 94px; border-radius: 0.5rem; border: 1px solid var(--edge); background: var(--soft); flex: none; }
table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
th { text-align: start; font-weight: 600; color: var(--muted); font-size: 0.875rem; }
th, td { padding: 0.45rem 0.75rem 0.45rem 0; border-bottom: 1px solid var(--soft); vertical-align: top; overflow-wrap: anywhere; }
code { font: 0.875rem/1.4 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; color: var(--muted); overflow-wrap: anywhere; }
td code { display: block; }
.fleet { padding: 1rem; }
.fleet > section { background: #fff; border: 1px solid var(--edge); border-radius: 1rem; overflow: hidden; }
.fleet .heading { gap: 0.5rem 1.25rem; flex-wrap: wrap; padding-inline: 1.25rem; justify-content: start; }
.fleet h1 { font-size: 1.125rem; }
.fleet h1:focus { outline: none; }
.fleet h2, .fleet section > .note { padding: 1rem 1.25rem 0; }
.fleet .heading > :last-child { margin-inline-start: auto; }
.fleet .trouble { margin: 1rem 1.25rem 0; }
.fleet .row { padding: 0.75rem 1.25rem; }
.check { display: flex; gap: 0.5rem; align-items: center; min-height: 2.75rem; }
.check input { width: 1.2rem; height: 1.2rem; min-height: 0; accent-color: var(--accent); }
.scroll { overflow-x: auto; padding: 0 1.25rem; }
.scroll:focus-visible { outline: 3px solid var(--ink); outline-offset: -3px; }
.fleet td, .fleet th { white-space: nowrap; padding-block: 0.6rem; }
.fleet tbody th { color: var(--ink); font-weight: 600; }
.fleet td code { display: inline-block; margin-inline-end: 0.4rem; background: var(--warn-soft); color: var(--warn); border-radius: 0.4rem; padding: 0.05rem 0.4rem; }
.fleet tr.needs > th { box-shadow: inset 4px 0 var(--bad); padding-inline-start: 0.75rem; }
.fleet thead th:first-child, .fleet tbody tr:not(.needs) > th { padding-inline-start: 0.75rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0.75rem 1.25rem; margin: 0; padding: 1rem 1.25rem; }
.facts dt { color: var(--muted); font-size: 0.875rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
@media (min-width: 62rem) {
  .counter { grid-template-columns: minmax(0, 8fr) minmax(22rem, 5fr); height: 100%; }
  .stage { position: sticky; top: 1rem; height: calc(100dvh - 6rem); }
}
@media (forced-colors: active) {
  .state::before { forced-color-adjust: none; }
  button:disabled { color: GrayText; border-color: GrayText; }
}
`;
