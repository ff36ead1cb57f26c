import { join } from "node:path";
import { parseArgs } from "node:util";
import { printTable } from "../../cli/console/table.ts";
import { filmFrames } from "../../drivers/film/ffmpeg.ts";
import { isBonaFide, readFilmList } from "../../workshop/evaluate/films/film-list.ts";
import { digestOf } from "../../workshop/evaluate/films/films.ts";
import { CONDITIONS, type Condition } from "../support/conditions.ts";
import { startShippedInference } from "../support/film-session.ts";
import { type HintRow, hintFor, scenesOf } from "../support/hint-table.ts";
import { FACES } from "../support/media.ts";
import { shippedNetworks } from "../support/pack.ts";

const HELP = `npm run hints -- [--half a|b] [--only part-of-a-name] [--films films.csv] [--wide 640] [--fps 10]

Draws what can be wrong where a camera stands over films of real people, and shows them to the device: which hint is said
within two seconds, and whether it is the right one. Bounds were chosen on half a of the people.
`;

const { values } = parseArgs({
  options: {
    half: { type: "string", default: "b" },
    only: { type: "string", default: "" },
    films: { type: "string", default: join(FACES, "films", "films.csv") },
    wide: { type: "string", default: "640" },
    fps: { type: "string", default: "10" },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  await using inference = await startShippedInference();
  await using networks = await shippedNetworks();
  const fps = Number(values.fps);
  const isWanted = (name: string, person: string) =>
    name.includes(values.only) && (digestOf(person) % 2 === 0 ? "a" : "b") === values.half;
  const films = (await readFilmList(values.films)).filter((film) => isBonaFide(film));
  const rows: (HintRow & { readonly film: string })[] = [];
  let others: readonly Uint8Array[] = [];
  for (const { file, name, person } of films) {
    if (!isWanted(name, person)) continue;
    const frames = await firstFrames(file, fps);
    const scenes = await scenesOf(networks, frames, others.length > 0 ? others : frames, Number(values.wide));
    others = frames;
    if (scenes.length < fps) continue;
    const tried = await hintFor(inference, scenes, "as_filmed", fps).catch((error: Error) => error);
    if (tried instanceof Error) {
      process.stderr.write(`${name} has no frame for a photo: ${tried.message}\n`);
      continue;
    }
    for (const condition of Object.keys(CONDITIONS) as Condition[]) {
      rows.push({ film: name, ...(await hintFor(inference, scenes, condition, fps)) });
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

function printRows(rows: readonly (HintRow & { readonly film: string })[]): void {
  const conditions = [...new Set(rows.map(({ condition }) => condition))];
  printTable(
    ["condition", "expected", "right", "said or ended as otherwise"],
    conditions.map((condition) => {
      const all = rows.filter((row) => row.condition === condition);
      const missed = all
        .filter(({ right }) => !right)
        .map(({ film, said, ended }) => `${film}: ${[...said, ended].filter(Boolean).join(", ") || "nothing"}`);
      const right = all.length - missed.length;
      return [condition, all[0]?.expected || "no fault", `${right} of ${all.length}`, missed.join("; ")];
    }),
  );
  const right = rows.filter((row) => row.right).length;
  process.stdout.write(`${right} of ${rows.length} right, ${((100 * right) / rows.length).toFixed(1)} %\n`);
  const bare = rows.filter(({ condition, said }) => condition !== "masked" && said.includes("uncover_face"));
  process.stdout.write(`uncover_face said to ${bare.length} of the bare\n`);
}

if (values.help) process.stdout.write(HELP);
else await main();
