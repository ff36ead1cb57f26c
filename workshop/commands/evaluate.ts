import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { wholeFrom } from "../../cli/console/arguments.ts";
import { exiting } from "../../cli/console/exit.ts";
import { print } from "../../cli/console/print.ts";
import { lateProgressBar, progressBar } from "../../cli/console/progress.ts";
import { printTable } from "../../cli/console/table.ts";
import { packFolder } from "../../device/process/package-folder.ts";
import { ASSURANCES, type Assurance } from "../../protocol/messages/contract.ts";
import { evaluateMatching, evaluatePad, type Matching } from "../evaluate/evaluate.ts";
import { readFilmList } from "../evaluate/films/film-list.ts";
import { attemptTable, canAnswer, filmTables, turnTable } from "../evaluate/films/film-tables.ts";
import { type FilmsPlayed, playFilms } from "../evaluate/films/films.ts";
import type { PoolOptions } from "../evaluate/pictures/pool.ts";
import { REFERENCE_KINDS, type ReferenceKind } from "../evaluate/pictures/templates.ts";
import type { PadReport } from "../evaluate/report.ts";
import { openScores } from "../evaluate/scores/scores-file.ts";
import { drawWorst } from "../evaluate/scores/worst.ts";
import {
  isLfwList,
  LabelError,
  type LabelledSet,
  readLabels,
  readLfwPairs,
  readPairs,
  readSubjects,
} from "../evaluate/sets.ts";
import { markdownOf, matchingTables, padTables, type TextTable, titleOf } from "../evaluate/tables.ts";
import { drawHistogram, drawTradeOff, type Mark } from "../report/plot.ts";
import { drawPng } from "../report/png.ts";

interface EvaluateFlags {
  readonly subjects?: string;
  readonly pairs?: string;
  readonly root?: string;
  readonly reference: ReferenceKind;
  readonly eyes?: number;
  readonly probes?: number;
  readonly rules: boolean;
  readonly scores?: string;
  readonly worst: number;
  readonly pack: string;
  readonly groups?: string;
  readonly pad?: string;
  readonly films?: string;
  readonly assurance: Assurance;
  readonly everySide?: boolean;
  readonly answer?: boolean;
  readonly out?: string;
  readonly json?: boolean;
  readonly threads?: number;
}

const HELP = `
What is measured is the device: a picture that its quality rules refuse is not compared (--no-rules compares all), a reference
is framed like an ID photo and shrunk to 102×126 pixels, and three pictures of a person make one probe.

Labels are yours: a folder with a folder of pictures for each subject (all pairs are compared), or a CSV file
"a,b,same" with a pair a line, or a list of pairs of Labeled Faces in the Wild (accuracy over its folds). Pictures are read,
never copied, but for --worst, whose contact sheet shows faces; templates stay in memory.

  npm run evaluate -- --subjects faces/ --reference chip --out report/
  npm run evaluate -- --pairs pairs.csv --root faces/ --pack fp32
  npm run evaluate -- --subjects faces/ --probes 1 --no-rules      single pictures, whatever their quality
  npm run evaluate -- --subjects faces/ --eyes 18                  photos smaller than an ID card's
  npm run evaluate -- --pairs pairs.txt --root lfw/                the ten folds of View 2
  npm run evaluate -- --subjects faces/ --worst 12 --scores scores.csv --out report/
  npm run evaluate -- --subjects faces/ --groups groups.csv        "path,group", e.g. "anna/1.jpg,50-59"
  npm run evaluate -- --pad attacks.csv                            "path,label": bonafide, or the attack's species
  npm run evaluate -- --films films.csv                            "file,kind,person": live…, or the attack's species

Films are played through the device's own decision, ten frames a second by a simulated clock; references are frames of the
same person's live film, as an ID card's chip holds them. Films cannot answer: what they are asked they meet by chance.
With --assurance high --every-side an attack counts four times, once for each pair of sides that can be drawn, so that its
chance to meet what is asked is counted, not drawn.
With --answer genuine films are cut: who is asked to turn to a side turns as the film does to that side somewhere, and comes back.
Each attempt is made against all sides that may be drawn. Turns are found by the device's own head pose and printed; films
without a turn to some side cannot answer, and have a table of their own. Attacks are left out.

Rates follow ISO/IEC 19795-1 and 30107-3. Ctrl-C ends early and reports what was seen by then.
Exit code: 0 when all was measured, 1 on a failure, 130 when interrupted.`;

/** `matchlight evaluate`: error rates on labelled pictures. */
export function addEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("Measure error rates of a model pack on labelled pictures: tables, histograms, a DET curve.")
    .option("--subjects <folder>", "a folder of folders of pictures, one a subject: all pairs are compared")
    .option("--pairs <csv>", 'pairs to compare: lines "a,b,same"; a is the reference')
    .option("--root <folder>", "what paths in --pairs and --pad are below (default: where that file lies)")
    .addOption(
      new Option(
        "--reference <kind>",
        "references as they are, or as an ID card's chip holds them (framed, 102×126 JPEG)",
      )
        .choices(REFERENCE_KINDS)
        .default("chip"),
    )
    .option("--eyes <pixels>", "how far apart the eyes are in a chip's photo (default: 26)", wholeFrom(8, 40))
    .option("--probes <n>", "pictures that make one probe, as frames do (default: 3; 1 for --pairs)", wholeFrom(1, 20))
    .option("--no-rules", "compare pictures that the device's quality rules refuse, too")
    .option("--scores <csv>", 'write every score there: lines "reference,probe,same,score"')
    .option("--worst <n>", "draw the worst pairs of either kind on a contact sheet in --out", wholeFrom(0, 100), 0)
    .option("--pack <name>", "a shipped pack's name, or the path of a folder with a manifest", "int8")
    .option("--groups <csv>", 'groups to report apart: lines "path,group"')
    .option("--pad <csv>", 'presentations for liveness: lines "path,label", bonafide or the species of the attack')
    .option("--films <csv>", 'films for the whole decision: columns "file,kind,person"; kind is live… or a species')
    .addOption(new Option("--assurance <level>", "of --films").choices(ASSURANCES).default("standard"))
    .option(
      "--every-side",
      "of --assurance high: hold each attack against all four pairs of sides, so that chance is counted",
    )
    .option("--answer", "cut genuine films so that they turn when they are asked to")
    .option("--out <folder>", "write report.json, tables.md, and pictures as SVG and PNG there")
    .option("--json", "print one JSON object and nothing else")
    .option("--threads <n>", "threads to use (default: one for each core)", wholeFrom(1, 8))
    .addHelpText("after", HELP)
    .action(exiting(evaluate, 1));
}

async function evaluate(flags: EvaluateFlags): Promise<number> {
  if (!flags.subjects && !flags.pairs && !flags.pad && !flags.films) {
    throw new LabelError(
      "there is nothing to measure: name --subjects, --pairs, --pad or --films (--help has examples)",
    );
  }
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt);
  try {
    const { threads: count } = flags;
    const options = { pack: packFolder(flags.pack), signal: stop.signal, ...(count ? { threads: count } : {}) };
    const matching = await matchingOf(flags, options);
    const pad = await padOf(flags, options);
    const films = await filmsOf(flags, options);
    const json = JSON.stringify({ matching: matching?.report, pad, films: films?.attempts });
    const tables = [
      ...(matching ? matchingTables(matching.report) : []),
      ...(pad ? padTables(pad) : []),
      ...(films?.tables ?? []),
    ];
    if (flags.json) print(json);
    else for (const table of tables) printTextTable(table);
    if (flags.out) await writeReport(flags.out, json, tables, matching, !flags.json);
    return stop.signal.aborted ? 130 : 0;
  } finally {
    process.removeListener("SIGINT", interrupt);
  }
}

type MatchingOfSet = Matching & { readonly set: LabelledSet };

async function matchingOf(flags: EvaluateFlags, options: PoolOptions): Promise<MatchingOfSet | undefined> {
  const set = await readSet(flags);
  if (!set) return undefined;
  const { reference, worst, probes = flags.pairs ? 1 : PROBES } = flags;
  if (flags.pairs && probes > 1) throw new LabelError("--probes needs --subjects: a pair has one probe");
  if (worst > 0 && !flags.out) throw new LabelError("--worst draws into the folder that --out names");
  const rules = flags.rules ? "device" : "none";
  const groups = flags.groups ? { groups: requireLabelled(set, await readLabels(flags.groups, "group")) } : {};
  const progressBars = { progress: progressBar(set.name), comparing: () => lateProgressBar("comparing") };
  const scores = flags.scores ? openScores(flags.scores, set) : undefined;
  try {
    const observer = scores ? { observer: scores.observe } : {};
    const matching = await evaluateMatching(set, {
      ...options,
      ...groups,
      ...progressBars,
      ...observer,
      ...(flags.eyes ? { eyesApart: flags.eyes } : {}),
      reference,
      probes,
      rules,
      worst,
    });
    return { set, ...matching };
  } finally {
    scores?.close();
  }
}

/** As many frames as the device asks to agree. */
const PROBES = 3;

/** Labels may speak of more pictures than a list of pairs has; where none speaks of any, their paths are wrong. */
function requireLabelled(set: LabelledSet, labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (set.samples.some(({ path }) => labels.has(path))) return labels;
  const [{ path: example = "" } = {}] = set.samples;
  const [label = "nothing"] = labels.keys();
  throw new LabelError(
    `--groups names no picture of ${set.name}: it names ${label}, and paths there are like ${example}`,
  );
}

async function padOf({ pad, root }: EvaluateFlags, options: PoolOptions): Promise<PadReport | undefined> {
  if (!pad) return undefined;
  const below = root ?? dirname(pad);
  const pictures = [...(await readLabels(pad, "label"))].map(([path, label]) => ({ file: join(below, path), label }));
  return (await evaluatePad(pictures, { ...options, progress: progressBar("presentations") })).report;
}

async function filmsOf(
  { films, root, assurance, everySide = false, answer = false }: EvaluateFlags,
  { pack, signal }: PoolOptions & { signal: AbortSignal },
) {
  if (everySide && assurance !== "high")
    throw new LabelError("--every-side needs --assurance high: nothing else asks for two turns");
  if (everySide && answer)
    throw new LabelError("--every-side is of attacks, and --answer of genuine films: name one of them");
  if (!films) return undefined;
  const progress = () => progressBar("films");
  const options = { pack, assurance, everySide, answer, signal, progress };
  const played = await playFilms(await readFilmList(films, root), options);
  const { attempts, withoutReference } = played;
  const missing = withoutReference.length > 0 ? `; no reference could be made of ${withoutReference.join(", ")}` : "";
  const title = `assurance ${assurance}${missing}`;
  const tables = answer ? answerTables(played, title) : filmTables(attempts, title);
  return { attempts, tables: [attemptTable(attempts), ...tables] };
}

/** Those who can answer, and then all of them. */
function answerTables({ attempts, turns }: FilmsPlayed, title: string): readonly TextTable[] {
  const able = new Set(turns.filter(canAnswer).map(({ film }) => film));
  const answering = attempts.filter(({ film }) => able.has(film));
  const unable = turns.filter(({ film }) => !able.has(film)).map(({ film }) => film.name);
  return [
    turnTable(turns),
    ...filmTables(answering, `${title}, cut to answer`),
    ...filmTables(attempts, `${title}, with the ${unable.length} that cannot answer: ${unable.join(", ")}`),
  ];
}

async function readSet({ subjects, pairs, root }: EvaluateFlags): Promise<LabelledSet | undefined> {
  if (subjects && pairs) throw new LabelError("--subjects and --pairs exclude each other: name one");
  if (subjects) return readSubjects(basename(resolve(subjects)), subjects);
  if (!pairs) return undefined;
  const folder = root ?? dirname(pairs);
  const read = (await isLfwList(pairs)) ? readLfwPairs : readPairs;
  return read(basename(resolve(folder)), pairs, folder);
}

function printTextTable({ title, head, rows }: TextTable): void {
  print(`\n${title}`);
  printTable(head, rows);
}

async function writeReport(
  out: string,
  json: string,
  tables: readonly TextTable[],
  matching: MatchingOfSet | undefined,
  say: boolean,
): Promise<void> {
  await mkdir(out, { recursive: true });
  const files = new Map<string, string | Uint8Array>([
    ["report.json", `${json}\n`],
    ["tables.md", `${tables.map(markdownOf).join("\n\n")}\n`],
  ]);
  const sheet = matching && matching.worst.genuine.length + matching.worst.impostor.length > 0;
  if (sheet) files.set("worst.png", drawPng(await drawWorst(matching.worst, matching.set.samples)));
  for (const [name, svg] of matching ? drawAll(matching) : []) {
    files.set(`${name}.svg`, svg);
    files.set(`${name}.png`, drawPng(svg));
  }
  for (const [name, content] of files) await writeFile(join(out, name), content);
  if (say) print(`\nWrote ${[...files.keys()].join(", ")} to ${out}.`);
}

function drawAll({ report, scores }: Matching): ReadonlyMap<string, string> {
  const title = titleOf(report);
  const marks = report.rates
    .filter(({ from }) => from === "shipped")
    .map(({ threshold, wantedFmr }): Mark => ({ threshold, label: `${threshold} for FMR ${wantedFmr}` }));
  return new Map([
    ["histogram", drawHistogram(title, scores, marks)],
    ["det", drawTradeOff(title, report.curve, scores, marks)],
  ]);
}
