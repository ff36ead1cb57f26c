import { progressBar } from "../../cli/console/progress.ts";
import { printTable } from "../../cli/console/table.ts";
import { interval95 } from "../../models/pack/evaluation.ts";
import { ASSURANCES } from "../../protocol/messages/contract.ts";
import { isBonaFide } from "../../workshop/evaluate/films/film-list.ts";
import type { PlayedAttempt } from "../../workshop/evaluate/films/play.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { SPECIES } from "../support/attack-film.ts";
import { type Attack, FILES, isFile, type Labelled, type Man, openStand, type Stand } from "../support/attempts.ts";
import { MADE } from "../support/made-attacks.ts";
import { SCREENS } from "../support/screens.ts";
import { readArguments } from "../support/tool-arguments.ts";
import { TOUCHES } from "../support/touch.ts";

/** Made of one picture; a screen needs a film. */
const STILLS: readonly Attack[] = [...SPECIES, ...TOUCHES, ...MADE];
const ATTACKS: readonly Attack[] = [...STILLS, ...SCREENS, ...FILES];

/** What the product does not claim to stop at `standard`: matches of it are told, and fail nothing. */
const NOT_STOPPED: readonly Attack[] = ["screen_edgeless", ...FILES];

const HELP = `npm run spoof -- [--attempts N] [--fps N] [--timeout MS] [--seed N] [--species name,…]
  [--assurance standard|high] [--films csv]

Holds still pictures before the camera, bare, with a finger, a pen or a glint that moves over them, and made into more: turned,
bent and turned, with a mouth or lids that are drawn to move, with holes for a mouth or eyes; and the men's films on a screen,
with its edges in sight or not, with moiré, glare and a shaking hand. N times for each species and person (default 4): frames of
the men's own films, and single pictures of strangers, each against a reference of the same person. The men themselves are
verified as often. Prints how many ended in a match, with the 95 % bound, and which species are not stopped. No network is left
out; the clock is the film's, so figures do not depend on this machine's speed. Interrupted, it prints what it has so far.

A film of the person that is fed to the device in place of the camera's picture (film_as_file) is as good as a deepfake can be. With
--films labelled films (npm run evaluate -- --help) join: deepfakes as files, and what is live as files and on screens. Whoever is in
doubt is asked to turn, under high assurance everybody is, to random sides: a film meets that by chance.
`;

const { values } = readArguments(HELP, {
  options: {
    attempts: { type: "string", default: "4" },
    fps: { type: "string", default: "12" },
    timeout: { type: "string", default: "10000" },
    seed: { type: "string", default: "1000" },
    species: { type: "string", default: ATTACKS.join(",") },
    assurance: { type: "string", default: "standard" },
    films: { type: "string" },
  },
});

async function main(): Promise<number> {
  const assurance = ASSURANCES.find((one) => one === values.assurance);
  if (!assurance) throw new Error(`--assurance is one of ${ASSURANCES.join(", ")}`);
  const timing = { framesPerSecond: Number(values.fps), timeoutMs: Number(values.timeout) };
  await using stand = await openStand({ ...timing, assurance });
  const labelled = values.films ? await stand.labelled(values.films) : [];
  const planned = shuffled(plan(stand, await stand.strangers(), labelled), Number(values.seed));
  const progress = progressBar("verifications");
  const results = new Map<string, PlayedAttempt[]>();
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stopped = true;
    });
  }
  for (const [i, { row, run }] of planned.entries()) {
    if (stopped) break;
    results.set(row, [...(results.get(row) ?? []), await run()]);
    progress(i + 1, planned.length);
  }
  const attacks = [...results].flatMap(([row, all]) => (row.startsWith("live") ? [] : all));
  const rows = [...results].sort(([a], [b]) => Number(a.startsWith("live")) - Number(b.startsWith("live")));
  const head = [
    "presented",
    "attempts",
    "matches",
    "share (95 %)",
    "ms to match: median, 95th",
    "frames with eyes, turn, mouth: most",
    "otherwise",
  ];
  printTable(head, [...rows, ["all attacks", attacks] as const].map(rowOf));
  const matched = ATTACKS.filter((one) =>
    [...results].some(([row, all]) => row.startsWith(`${one},`) && all.some(isMatch)),
  );
  process.stdout.write(`Not stopped every time: ${matched.join(", ") || "none of these"}.\n`);
  return matched.some((one) => !NOT_STOPPED.includes(one)) ? 1 : 0;
}

/** In an order of chance, so that a run that is interrupted has tried everything about as often. */
function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = randomOf(seed);
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

interface Planned {
  readonly row: string;
  run(): Promise<PlayedAttempt>;
}

/** Every attempt; the live ones begin at places spread over each film. */
function plan(
  { men, attack, live }: Stand,
  strangers: readonly Man[],
  labelled: readonly Labelled[],
): readonly Planned[] {
  const species = ATTACKS.filter((one) => values.species.split(",").includes(one));
  const attempts = Number(values.attempts);
  const each = species.flatMap((one, i) =>
    Array.from({ length: attempts }, (_, n) => ({ one, k: n * species.length + i })),
  );
  const ofStills = each.filter(({ one }) => STILLS.includes(one));
  const ofFilms = each.filter(({ one }) => !STILLS.includes(one));
  const ofFiles = each.filter(({ one }) => isFile(one));
  const seeds = (group: string, man: Man, some: typeof each) =>
    some.map(({ one, k }) => ({ row: `${one}, ${group}`, run: () => attack(man, one, Number(values.seed) + k) }));
  const lives = (man: Man) =>
    each.map(({ k }) => ({ row: `live: ${man.name}`, run: () => live(man, k / each.length) }));
  return [
    ...men.flatMap((man) => [...seeds("the men", man, each), ...lives(man)]),
    ...strangers.flatMap((man) => seeds("strangers", man, ofStills)),
    ...labelled.filter(isBonaFide).flatMap((man) => seeds(`films ${man.kind}`, man, ofFilms)),
    ...labelled.filter(isDeepfake).flatMap((man) => seeds("films deepfake", man, ofFiles)),
  ];
}

const isDeepfake = ({ kind }: Labelled) => kind === "deepfake";
const isMatch = ({ verdict }: PlayedAttempt) => verdict.decision === "match";

function rowOf([row, all]: readonly [string, readonly PlayedAttempt[]]): readonly string[] {
  const matches = all.filter(isMatch);
  const { low, high } = interval95(matches.length, all.length);
  const times = matches.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]?.toFixed(0) ?? "–";
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const signs = (["eyes", "turn", "mouth"] as const).map((kind) =>
    Math.max(0, ...all.map(({ verdict }) => verdict.evidence?.signs[kind] ?? 0)),
  );
  const others = all.filter((one) => !isMatch(one)).map(({ verdict }) => verdict.reason ?? verdict.decision);
  const counted = [...new Set(others)].map((reason) => `${reason} ${others.filter((one) => one === reason).length}`);
  return [
    ...[row, String(all.length), String(matches.length)],
    `${percent(matches.length / all.length)} (${percent(low)}–${percent(high)})`,
    ...[`${at(0.5)}, ${at(0.95)}`, signs.join(", "), counted.join(", ")],
  ];
}

process.exitCode = await main();
