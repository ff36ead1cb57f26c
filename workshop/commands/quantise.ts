import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { exiting } from "../../cli/console/exit.ts";
import { print } from "../../cli/console/print.ts";
import { progressBar } from "../../cli/console/progress.ts";
import { printTable } from "../../cli/console/table.ts";
import { packFolder } from "../../device/process/package-folder.ts";
import { QuantiseError } from "../../models/onnx/errors.ts";
import type { NetworkName } from "../../models/pack/pack.ts";
import {
  differences,
  NETWORKS,
  type Quantised,
  type QuantiseOptions,
  quantise,
  shippedCalibration,
  writeQuantised,
} from "../quantise/quantise.ts";
import type { Forms } from "../quantise/recipe.ts";

interface QuantiseFlags {
  readonly out: string;
  readonly check?: boolean;
  readonly calibrate?: true | readonly NetworkName[];
  readonly integers?: Forms;
}

const reporter = { print: (text: string) => print(text), bar: (label: string) => progressBar(label) };

/** `npm run quantise`: makes the quantised model pack. */
export function addQuantise(program: Command): void {
  program
    .command("quantise")
    .description("Make the int8 model pack: fetch the float networks, simplify, quantise and compare them.")
    .option("--out <folder>", "the folder to write the pack to", packFolder("int8"))
    .addOption(
      new Option(
        "--calibrate [networks]",
        "measure a new calibration (minutes), of all or of these networks, instead of using the committed one; this makes another pack",
      ).argParser(readNetworks),
    )
    .option("--check", "write nothing; check whether the folder has the pack that this command makes")
    .addOption(
      new Option(
        "--integers <networks>",
        "try other forms: compute these in integers, as in detector,embedder, and the others in floats",
      )
        .argParser(readForms)
        .conflicts(["calibrate", "check"]),
    )
    .addHelpText(
      "after",
      "\nThe command checks each rewrite of a network on random inputs, and compares each quantised network with its float\n" +
        "original on faces. It refuses a network that differs too much. The committed calibration\n" +
        "(workshop/quantise/inputs/calibration.json) gives the shipped bytes on every machine. --calibrate measures a new one, which\n" +
        "gives other bytes (docs/measurements/matching.md) and, for the shipped pack, replaces the committed one. Thresholds come from\n" +
        "`npm run evaluate`.\n" +
        "--integers makes an experimental pack with a calibration for its forms, for measurements (docs/adr/0012). It requires a\n" +
        "separate folder:\n\n" +
        "  npm run quantise -- --integers detector,embedder --out trial\n" +
        "  npm run evaluate -- --subjects faces --pack ./trial\n\n" +
        "Exit code: 0 if the pack was made (with --check: if it is the same), else 1.",
    )
    .action(exiting(run, 1));
}

async function run({ out, check = false, calibrate, integers }: QuantiseFlags): Promise<number> {
  const made = integers
    ? await quantise(reporter, { forms: requireExperimental(integers, out) })
    : await quantise(reporter, await calibrationFor(calibrate));
  printQuantised(made);
  if (!check) {
    await writeQuantised(made, out);
    print(`Wrote ${[...made.files.keys()].join(", ")} to ${out}.`);
    return 0;
  }
  const differing = await differences(made, out);
  print(
    differing.length === 0
      ? `${out} is the pack that this command makes.`
      : `Differs from the pack that this command makes: ${differing.join(", ")}.`,
  );
  return differing.length === 0 ? 0 : 1;
}

/** What is calibrated anew: nothing, all, or some networks beside the committed calibration of the others. */
async function calibrationFor(calibrate: QuantiseFlags["calibrate"]): Promise<QuantiseOptions> {
  if (calibrate === true) return {};
  return { known: await shippedCalibration(), anew: calibrate ?? [] };
}

/** `detector,embedder` */
function readNetworks(text: string): readonly NetworkName[] {
  return text.split(",").map((name) => {
    const known = NETWORKS.find((network) => network === name);
    if (!known) throw new InvalidArgumentError(`"${name}" is none of ${NETWORKS.join(", ")}.`);
    return known;
  });
}

/** The named networks in integers; the others compute in floats. */
function readForms(text: string): Forms {
  const named = readNetworks(text);
  const entries = NETWORKS.map((name) => [name, named.includes(name) ? "integers" : "weights"]);
  return Object.fromEntries(entries) as Forms;
}

/** An experimental pack must not be in a folder of a shipped pack. Throws QuantiseError. */
export function requireExperimental(forms: Forms, out: string): Forms {
  if (resolve(out) !== packFolder("int8") && resolve(out) !== packFolder("fp32")) return forms;
  throw new QuantiseError(
    "--integers makes an experimental pack, but that folder has the shipped one: name another folder with --out",
  );
}

function printQuantised({ files, source, simplified }: Quantised): void {
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
  print(`In all ${size([...files.values()].reduce((sum, { length }) => sum + length, 0))}.`);
}
