import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { packFolder } from "../../device/paths.ts";
import { compareCentre, drawSheet, measureCentre, writeCentre } from "../forge/centre.ts";
import { differences, type Forged, forge, NETWORKS, shippedCalibration, writeForged } from "../forge/forge.ts";
import { toPng } from "../forge/studio.ts";
import { progressBar } from "./progress.ts";
import { printTable } from "./table.ts";
import { exiting, tell } from "./tell.ts";

interface ForgeFlags {
  readonly out: string;
  readonly check?: boolean;
  readonly calibrate?: boolean;
  readonly centre?: boolean;
  readonly sheet?: string;
}

const voice = { tell: (text: string) => tell(text), bar: (label: string) => progressBar(label) };

/** `matchlight forge`: makes the quantised model pack. */
export function addForge(program: Command): void {
  program
    .command("forge")
    .description("Make the int8 model pack: fetch the float networks, simplify, quantise and compare them.")
    .option("--out <folder>", "the folder to write the pack to", packFolder("int8"))
    .option("--calibrate", "measure the calibration anew (minutes) instead of taking the committed one: another pack")
    .option("--check", "write nothing; say whether the pack in that folder is what the forge makes")
    .option("--centre", "instead: draw people and measure the centre that is taken from all templates (minutes)")
    .option("--sheet <file.png>", "instead: draw the first six of those people into a picture, to look at them")
    .addHelpText(
      "after",
      "\nEach rewrite of a network is proven on random inputs before it is used, and each quantised network is compared\n" +
        "with its float original on faces: one that is too far off is refused. The committed calibration\n" +
        "(models/forge/calibration.json) gives the shipped bytes on every machine; one measured anew by --calibrate gives\n" +
        "others (models/README.md), and is written over the committed one where the pack is. Thresholds are kept: they\n" +
        "come from `npm run evaluate`.\n" +
        "--centre writes the float pack's manifest (docs/adr/0018); run forge after it. With --check it says\n" +
        "whether people drawn here give the centre that is shipped.\n" +
        "Exit code: 0 when the pack was made (with --check: when it is the same), else 1.",
    )
    .action(exiting<ForgeFlags>(run));
}

async function run({ out, check = false, calibrate = false, centre = false, sheet }: ForgeFlags): Promise<number> {
  if (sheet) return runSheet(sheet);
  if (centre) return runCentre(check);
  const made = await forge(voice, calibrate ? undefined : await shippedCalibration());
  tellForged(made);
  if (!check) {
    await writeForged(made, out);
    tell(`Wrote ${[...made.files.keys()].join(", ")} to ${out}.`);
    return 0;
  }
  const differing = await differences(made, out);
  tell(
    differing.length === 0 ? `${out} is what the forge makes.` : `Not what the forge makes: ${differing.join(", ")}.`,
  );
  return differing.length === 0 ? 0 : 1;
}

async function runSheet(file: string): Promise<number> {
  await writeFile(file, toPng(await drawSheet(voice, 6)));
  tell(`Wrote ${file}: a person a row, in three shapes.`);
  return 0;
}

async function runCentre(check: boolean): Promise<number> {
  const measured = await measureCentre(voice);
  const { cosine, same } = await compareCentre(measured);
  tell(`${measured.evidence}\nCosine with the shipped centre: ${cosine.toFixed(4)}.`);
  if (check) {
    tell(same ? "The shipped centre is what the drawn people give." : "The shipped centre is another one.");
    return same ? 0 : 1;
  }
  await writeCentre(measured);
  tell("Wrote it into the float pack's manifest. `npm run forge` takes it into the int8 pack.");
  return 0;
}

function tellForged({ files, source, simplified }: Forged): void {
  const size = (bytes: number | undefined) => `${((bytes ?? 0) / 1e6).toFixed(2)} MB`;
  printTable(
    ["network", "float", "int8", "dead channels removed"],
    NETWORKS.map((name) => [
      name,
      size(source.bytes[name].length),
      size(files.get(`${name}.onnx`)?.length),
      `${simplified[name].dropped} of ${simplified[name].channels} depthwise`,
    ]),
  );
  tell(`In all ${size([...files.values()].reduce((sum, { length }) => sum + length, 0))}.`);
}
