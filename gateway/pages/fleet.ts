/// <reference lib="dom" />
import { html } from "../../guide/drawing/nodes.ts";
import { type FleetCamera, factsOf, rowOf } from "./fleet-rows.ts";
import { type Api, Problem } from "./http/api.ts";
import { button, element, place } from "./nodes.ts";
import { signIn } from "./sign-in.ts";
import { openWords, problemWords, type Words } from "./words.ts";

/** The interval at which the page is refreshed. */
const LOOK_EVERY_MS = 10_000;
const PAGE = 100;

interface FleetList {
  readonly counts: { readonly cameras: number; readonly needing: number };
  readonly cameras: readonly FleetCamera[];
  readonly next?: string;
}

type FleetDetail = FleetCamera & { readonly metrics: Readonly<Record<string, number>> };

interface Fleet {
  readonly api: Api;
  words: Words;
  /** The number of cameras on the screen; a refresh fetches the same number. */
  wanted: number;
}

const needing = element("needing", HTMLInputElement);

async function list(api: Api, wanted: number): Promise<FleetList> {
  const cameras: FleetCamera[] = [];
  for (let after = ""; ; ) {
    const limit = Math.min(1_000, wanted - cameras.length);
    const page = await api.get<FleetList>(`/v1/fleet?limit=${limit}&needing=${needing.checked}&after=${after}`);
    cameras.push(...page.cameras);
    after = page.next ?? "";
    if (after === "" || cameras.length >= wanted) return { ...page, cameras };
  }
}

/** The camera that the fragment of the page's URL names. */
const chosen = () => decodeURIComponent(location.hash.slice(1));

async function show(fleet: Fleet): Promise<void> {
  const camera = chosen();
  place("list").hidden = camera !== "";
  place("one").hidden = camera === "";
  try {
    if (camera === "") showList(await list(fleet.api, fleet.wanted), fleet);
    else showOne(await fleet.api.get<FleetDetail>(`/v1/fleet/${encodeURIComponent(camera)}`), fleet);
    place("trouble").textContent = "";
  } catch (error) {
    place("list").hidden = false;
    place("one").hidden = true;
    place("trouble").textContent = problemWords(fleet.words, error instanceof Problem ? error.code : "failed");
  }
}

function showList({ counts, cameras, next }: FleetList, { words }: Fleet): void {
  const table = element("cameras", HTMLTableElement);
  place("counts").textContent = words.page.format("fleet", "counts", counts);
  table.tBodies[0]?.replaceChildren(...cameras.map((camera) => rowOf(camera, words)));
  place("none").hidden = cameras.length > 0;
  button("more").hidden = next === undefined;
}

function showOne(camera: FleetDetail, { words }: Fleet): void {
  const title = place("one-title");
  const isNew = title.textContent !== camera.camera;
  title.textContent = camera.camera;
  place("facts").replaceChildren(...factsOf(camera, words));
  const { health } = camera;
  const at = health && new Intl.DateTimeFormat(words.language, { dateStyle: "medium", timeStyle: "medium" });
  const format = (name: string, time: string) => words.page.format("fleet", name, { time });
  place("health-at").textContent =
    health && at ? format("health_at", at.format(new Date(health.at))) : format("no_health", "");
  place("metrics").replaceChildren(
    ...Object.entries(camera.metrics).map(([name, value]) =>
      html("div", {}, [html("dt", {}, [html("code", {}, [name])]), html("dd", {}, [inWords(value, words)])]),
    ),
  );
  if (isNew) title.focus();
}

const inWords = (value: number, { language }: Words) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: 3 }).format(value);

async function main(): Promise<void> {
  let fleet: Fleet | undefined;
  let words: Words | undefined;
  await openWords((now) => {
    words = now;
    if (fleet) void show(Object.assign(fleet, { words: now }));
  });
  const [api] = await signIn(
    (one) => list(one, PAGE),
    (code) => (words ? problemWords(words, code) : code),
  );
  if (!words) return;
  const shown: Fleet = { api, words, wanted: PAGE };
  fleet = shown;
  needing.addEventListener("change", () => void show(Object.assign(shown, { wanted: PAGE })));
  button("more").addEventListener("click", () => void show(Object.assign(shown, { wanted: shown.wanted + PAGE })));
  addEventListener("hashchange", () => void show(shown));
  setInterval(() => void show(shown), LOOK_EVERY_MS);
  await show(shown);
}

await main();
