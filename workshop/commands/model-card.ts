import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { writeBlock } from "../../cli/console/docs-block.ts";
import { exiting } from "../../cli/console/exit.ts";
import { print } from "../../cli/console/print.ts";
import { lateProgressBar, progressBar } from "../../cli/console/progress.ts";
import { PACKAGE_FOLDER, packFolder } from "../../device/process/package-folder.ts";
import { type CardEntry, cardTables, summaryTable } from "../evaluate/card.ts";
import { evaluateMatching, PROBES } from "../evaluate/evaluate.ts";
import type { QualityRules } from "../evaluate/pictures/templates.ts";
import { LabelError, readSubjects } from "../evaluate/sets.ts";
import { markdownOf, printTables, type TextTable } from "../report/text-table.ts";
import { interruptible } from "./interruptible.ts";

interface CardFlags {
  readonly faces: string;
  readonly sets: readonly string[];
  readonly packs: readonly string[];
  readonly docs?: boolean;
}

const PACKS = ["int8", "fp32"] as const;
const REFERENCES = ["chip", "live"] as const;

/** The sets of the card by their names for --sets, with the quality rules that choose their pictures. */
const SETS: Readonly<Record<string, QualityRules>> = {
  "casia-v5": "device",
  "lfw-subset": "device",
  // These pictures are cut closer than a camera's picture may be: the device would refuse all of them.
  orl: "none",
  "lfw-devtest": "device",
};

const HELP = `
Each pack compares all pairs of each set twice: with references as an ID card's chip holds them, and as they are. The device is
measured: pictures that its quality rules refuse are not compared (but orl's), and three pictures make a probe.

  npm run card -- --sets lfw-subset,orl --packs int8
  npm run card -- --docs                             writes the tables of models/README.md and docs/measurements/matching.md

Ctrl-C ends early and prints the evaluations that were whole by then; nothing is written.
Exit code: 0 when all was measured, 1 on a failure, 130 when interrupted.`;

/** `npm run card`: measures the tables of the model card. */
export function addCard(program: Command): void {
  program
    .command("card")
    .description("Measure the shipped packs on the labelled faces, for the tables of the model card.")
    .option("--faces <folder>", "the folder of the sets", join(PACKAGE_FOLDER, "..", "shared", "faces"))
    .option("--sets <names>", "sets to measure, separated by commas", someOf(Object.keys(SETS)), Object.keys(SETS))
    .option("--packs <names>", "packs to measure, separated by commas", someOf(PACKS), [...PACKS])
    .option("--docs", "write the tables of models/README.md and docs/measurements/matching.md")
    .addHelpText("after", HELP)
    .action(exiting(card, 1));
}

async function card({ faces, sets, packs, docs }: CardFlags): Promise<number> {
  if (!existsSync(faces)) throw new LabelError(`there is no folder ${faces}: name the labelled faces with --faces`);
  if (docs && (sets.length < Object.keys(SETS).length || packs.length < PACKS.length)) {
    throw new LabelError("--docs writes the whole card: leave out --sets and --packs");
  }
  return interruptible(async (signal) => {
    const entries = await measureAll(faces, sets, packs, signal);
    printTables(cardTables(entries));
    if (docs && !signal.aborted) await writeDocs(entries);
  });
}

async function measureAll(
  faces: string,
  sets: readonly string[],
  packs: readonly string[],
  signal: AbortSignal,
): Promise<readonly CardEntry[]> {
  const entries: CardEntry[] = [];
  const wanted = packs.flatMap((pack) =>
    REFERENCES.flatMap((reference) => sets.map((set) => ({ pack, reference, set }))),
  );
  for (const { pack, reference, set: name } of wanted) {
    const rules = SETS[name];
    if (!rules) continue;
    const set = await readSubjects(name, join(faces, name));
    const startedMs = performance.now();
    const { report } = await evaluateMatching(set, {
      pack: packFolder(pack),
      reference,
      probes: PROBES,
      rules,
      signal,
      progress: progressBar(`${name}, ${pack}, ${reference}`),
      comparing: () => lateProgressBar("comparing"),
    });
    // An interrupted measurement is not part of the card.
    if (signal.aborted) break;
    entries.push({ report, seconds: (performance.now() - startedMs) / 1000 });
  }
  return entries;
}

async function writeDocs(entries: readonly CardEntry[]): Promise<void> {
  const write = (page: string, tables: readonly TextTable[]) =>
    writeBlock(join(PACKAGE_FOLDER, page), "card", markdownOf(tables));
  await write("docs/measurements/matching.md", cardTables(entries));
  await write("models/README.md", [summaryTable(entries)]);
  print("\nWrote the tables of models/README.md and docs/measurements/matching.md.");
}

function someOf(names: readonly string[]): (text: string) => readonly string[] {
  return (text) => {
    const asked = text.split(",").map((name) => name.trim());
    const unknown = asked.find((name) => !names.includes(name));
    if (unknown === undefined) return asked;
    throw new InvalidArgumentError(`There is no "${unknown}"; there are ${names.join(", ")}.`);
  };
}
