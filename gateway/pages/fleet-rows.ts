/// <reference lib="dom" />
import { html } from "../../guide/drawing/nodes.ts";
import type { Words } from "./words.ts";

/** A camera, as the gateway shows it to the operator. */
export interface FleetCamera {
  readonly camera: string;
  readonly shop: string | null;
  readonly state: string;
  readonly faults: readonly string[];
  readonly software: string | null;
  readonly release: string | null;
  readonly pack: { readonly id: string; readonly hash: string } | null;
  readonly seenAt: string | null;
  readonly certificateEnds: string | null;
  readonly needs: readonly string[];
  readonly health: { readonly state: string; readonly codes: readonly string[]; readonly at: string } | null;
}

export function rowOf(camera: FleetCamera, words: Words): HTMLElement {
  const link = html("a", { href: `#${encodeURIComponent(camera.camera)}` }, [camera.camera]);
  const cells = [
    [camera.shop ?? ""],
    [stateOf(camera, words)],
    codesOf(camera),
    [seenOf(camera, words)],
    [certificateOf(camera, words)],
    [camera.release ?? ""],
    [camera.pack?.id ?? ""],
  ];
  return html("tr", { class: camera.needs.length > 0 ? "needs" : "" }, [
    html("th", { scope: "row" }, [link]),
    ...cells.map((cell) => html("td", {}, cell)),
  ]);
}

/** Shows all data of one camera. */
export function factsOf(camera: FleetCamera, words: Words): readonly HTMLElement[] {
  const { page } = words;
  const needs = camera.needs.map((code) => page.format("needs", code)).join(", ");
  const facts: readonly (readonly [string, readonly (Node | string)[]])[] = [
    ["needs", [needs || page.format("fleet", "nothing")]],
    ["state", [stateOf(camera, words)]],
    ["faults", codesOf(camera)],
    ["shop", [camera.shop ?? ""]],
    ["seen", [seenOf(camera, words)]],
    ["certificate", [certificateOf(camera, words)]],
    ["software", [camera.software ?? ""]],
    ["release", [camera.release ?? ""]],
    ["pack", [camera.pack ? `${camera.pack.id} ${camera.pack.hash.slice(0, 12)}` : ""]],
  ];
  return facts.map(([name, value]) =>
    html("div", {}, [
      html("dt", {}, [page.format("fleet", name)]),
      html("dd", {}, value.some((one) => one !== "") ? value : ["–"]),
    ]),
  );
}

function stateOf({ state }: FleetCamera, { page }: Words): HTMLElement {
  return html("span", { class: `state ${state}` }, [page.format("camera_state", state)]);
}

/** The codes of a camera's faults and health. docs/FAULTS.md and docs/HEALTH.md have the remedies. */
function codesOf({ faults, health }: FleetCamera): readonly HTMLElement[] {
  return [...new Set([...faults, ...(health?.codes ?? [])])].map((code) => html("code", {}, [code]));
}

const DAY_MS = 86_400_000;
const UNITS = [
  ["day", DAY_MS],
  ["hour", DAY_MS / 24],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

function seenOf({ seenAt }: FleetCamera, { language }: Words): string {
  if (seenAt === null) return "";
  const agoMs = Date.now() - Date.parse(seenAt);
  const [unit, unitMs] = UNITS.find(([, ms]) => agoMs >= ms) ?? UNITS[3];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-Math.floor(agoMs / unitMs), unit);
}

function certificateOf({ certificateEnds }: FleetCamera, { page }: Words): string {
  if (certificateEnds === null) return "";
  return page.format("fleet", "days", { days: Math.floor((Date.parse(certificateEnds) - Date.now()) / DAY_MS) });
}
