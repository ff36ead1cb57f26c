import { join } from "node:path";
import { print } from "../../cli/console/print.ts";
import { filmFrames } from "../../drivers/film/ffmpeg.ts";
import { isBonaFide, readFilmList } from "../../workshop/evaluate/films/film-list.ts";
import { digestOf } from "../../workshop/evaluate/films/films.ts";
import { CONDITIONS, type Condition, type Scene } from "../support/conditions.ts";
import { FILM_FAULTS, LEFT_OUT } from "../support/film-faults.ts";
import { startShippedInference } from "../support/film-session.ts";
import { type HintRow, hintFor, scenesOf } from "../support/hint-table.ts";
import { FACES } from "../support/media.ts";
import { shippedNetworks } from "../support/pack.ts";
import { readArguments } from "../support/tool-arguments.ts";

const HELP = `npm run hints -- [--half a|b] [--only part-of-a-name] [--films films.csv] [--wide 640] [--fps 10]

Draws what can be wrong where a camera stands over films of real people, and shows them to the device: which hint is said
within two seconds, and whether it is the right one. Bounds were chosen on half a of the people.
`;

const { values } = readArguments(HELP, {
  options: {
    half: { type: "string", default: "b" },
    only: { type: "string", default: "" },
    films: { type: "string", default: join(FACES, "films", "films.csv") },
    wide: { type: "string", default: "640" },
    fps: { type: "string", default: "10" },
  },
});

async function main(): Promise<void> {
  await using inference = await startShippedInference();
  await using networks = await shippedNetworks();
  const fps = Number(values.fps);
  const isWanted = (name: string, person: string) =>
    name.includes(values.only) && (digestOf(person) % 2 === 0 ? "a" : "b") === values.half;
  const films = (await readFilmList(values.films)).filter((film) => isBonaFide(film));
  const rows: FilmRow[] = [];
  let others: readonly Scene[] = [];
  for (const { file, name, person } of films) {
    if (LEFT_OUT.has(name) || !isWanted(name, person)) continue;
    const frames = await firstFrames(file, fps);
    const scenes = await scenesOf(networks, frames, others, Number(values.wide));
    if (scenes.length < fps) continue;
    others = scenes;
    const options = { framesPerSecond: fps, own: FILM_FAULTS[name] ?? [] };
    const tried = await hintFor(inference, scenes, "as_filmed", options).catch((error: Error) => error);
    if (tried instanceof Error) {
      process.stderr.write(`${name} has no frame for a photo: ${tried.message}\n`);
      continue;
    }
    for (const condition of Object.keys(CONDITIONS) as Condition[]) {
      rows.push({ film: name, ...(await hintFor(inference, scenes, condition, options)) });
    }
    process.stderr.write(`${name}: ${rows.filter(({ film, right }) => film === name && right).length}\n`);
  }
  printRows(rows);
}

async function firstFrames(file: string, fps: number): Promise<readonly Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const jpeg of filmFrames(file, fps)) if (frames.push(jpeg) > 2 * fps) break;
  return frames;
}

type FilmRow = HintRow & { readonly film: string };

function printRows(rows: readonly FilmRow[]): void {
  const conditions = [...new Set(rows.map(({ condition }) => condition))];
  print(`| condition | expected | right |\n| --- | --- | --- |`);
  for (const condition of conditions) {
    const all = rows.filter((row) => row.condition === condition);
    print(`| ${condition} | ${all[0]?.expected || "no fault"} | ${all.filter(isRight).length} of ${all.length} |`);
  }
  print(`\n| missed | said, or ended as | what the device saw |\n| --- | --- | --- |`);
  for (const { film, condition, said, ended, seen } of rows.filter((row) => !row.right)) {
    print(`| ${condition}, ${film} | ${[...said, ended].filter(Boolean).join(", ") || "nothing"} | ${seen} |`);
  }
  print(
    `\n${shareOf(rows, isRight)} right; ${shareOf(rows, (row) => row.strictlyRight)} where films show no fault of their own`,
  );
  const bare = rows.filter(({ condition, said }) => condition !== "masked" && said.includes("uncover_face"));
  print(`uncover_face said to ${bare.length} of the bare`);
}

const isRight = ({ right }: HintRow) => right;

function shareOf(rows: readonly FilmRow[], is: (row: FilmRow) => boolean): string {
  const count = rows.filter(is).length;
  return `${count} of ${rows.length} (${((100 * count) / rows.length).toFixed(1)} %)`;
}

await main();
