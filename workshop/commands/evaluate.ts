import { type Command, Option } from "commander";
import { wholeFrom } from "../../cli/console/arguments.ts";
import { exiting } from "../../cli/console/exit.ts";
import { print } from "../../cli/console/print.ts";
import { packFolder } from "../../device/process/package-folder.ts";
import { ASSURANCES } from "../../protocol/messages/contract.ts";
import { REFERENCE_KINDS } from "../evaluate/pictures/templates.ts";
import { LabelError } from "../evaluate/sets.ts";
import { matchingTables, padTables } from "../evaluate/tables.ts";
import { printTables } from "../report/text-table.ts";
import type { EvaluateFlags } from "./evaluation/flags.ts";
import { filmsOf, padOf } from "./evaluation/liveness.ts";
import { matchingOf } from "./evaluation/matching.ts";
import { writeReport } from "./evaluation/report-folder.ts";
import { interruptible } from "./interruptible.ts";

const HELP = `
The command measures pictures as the device treats them: its quality rules refuse some pictures (--no-rules compares all), a
reference is framed like an ID photo and reduced to 102×126 pixels, and three pictures of a person make one probe.

You supply the labels: a folder with a folder of pictures for each subject (all pairs are compared), a CSV file "a,b,same"
with a pair on each line, or a list of pairs of Labeled Faces in the Wild (accuracy over its folds). Pictures are only read.
Only the contact sheet of --worst shows faces. Templates stay in memory.

  npm run evaluate -- --subjects faces/ --reference chip --out report/
  npm run evaluate -- --pairs pairs.csv --root faces/ --pack fp32
  npm run evaluate -- --subjects faces/ --probes 1 --no-rules      single pictures of any quality
  npm run evaluate -- --subjects faces/ --eyes 18                  photos smaller than an ID card's
  npm run evaluate -- --pairs pairs.txt --root lfw/                the ten folds of View 2
  npm run evaluate -- --subjects faces/ --worst 12 --scores scores.csv --out report/
  npm run evaluate -- --subjects faces/ --groups groups.csv        "path,group", e.g. "anna/1.jpg,50-59"
  npm run evaluate -- --pad attacks.csv                            "path,label": bonafide… or live…, or the attack's species
  npm run evaluate -- --films films.csv                            "file,kind,person": as above

The device's own decision plays each film at ten frames a second, by a simulated clock. A reference is a frame of the same
person's live film, in the form of an ID card's chip. A film cannot follow requests; it meets them only by chance.
With --assurance high --every-side, each attack counts four times, once for each pair of sides, so that chance is counted.
With --answer, genuine films are cut. When the device asks for a turn, the film plays one of its own turns to that side, and back.
The face stays frontal while the device asks for it, and then the film goes on: one cut for each turn, from a frontal face to a
frontal face. Each attempt is repeated for all sides. The device's own head pose finds the turns, which are printed. A film
without a turn to each side, of a face that the device can use, cannot answer, and is not played. Attacks are left out. With
--assurance high an attempt lasts 20 seconds, in place of 10.

Rates follow ISO/IEC 19795-1 and 30107-3. Ctrl-C ends the command early; it reports the results so far.
Exit code: 0 if everything was measured, 1 on a failure, 130 if interrupted.`;

/** `matchlight evaluate`: error rates on labelled pictures. */
export function addEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("Measure error rates of a model pack on labelled pictures: tables, histograms, a DET curve.")
    .option("--subjects <folder>", "a folder with a folder of pictures for each subject: all pairs are compared")
    .option("--pairs <csv>", 'pairs to compare: lines "a,b,same"; a is the reference')
    .option("--root <folder>", "the folder of the paths in --pairs and --pad (default: the folder of that file)")
    .addOption(
      new Option(
        "--reference <kind>",
        "references as they are, or as an ID card's chip holds them (framed, 102×126 JPEG)",
      )
        .choices(REFERENCE_KINDS)
        .default("chip"),
    )
    .option("--eyes <pixels>", "the distance of the eyes in a chip's photo (default: 26)", wholeFrom(8, 40))
    .option("--probes <n>", "the number of pictures fused into one probe (default: 3; 1 for --pairs)", wholeFrom(1, 20))
    .option("--no-rules", "also compare pictures that the device's quality rules refuse")
    .option("--scores <csv>", 'write every score there: lines "reference,probe,same,score"')
    .option("--worst <n>", "draw the worst pairs of each kind on a contact sheet in --out", wholeFrom(0, 100), 0)
    .option("--pack <name>", "a shipped pack's name, or the path of a folder with a manifest", "int8")
    .option("--groups <csv>", 'groups to report separately: lines "path,group"')
    .option("--pad <csv>", 'presentations for liveness: lines "path,label", bonafide or the species of the attack')
    .option("--films <csv>", 'films for the whole decision: columns "file,kind,person"; kind is live… or a species')
    .addOption(new Option("--assurance <level>", "of --films").choices(ASSURANCES).default("standard"))
    .option("--every-side", "with --assurance high: play each attack against all four pairs of sides, to count chance")
    .option("--answer", "cut genuine films so that the person turns on request")
    .option("--out <folder>", "write report.json, tables.md, and pictures as SVG and PNG there")
    .option("--json", "print one JSON object and nothing else")
    .option("--threads <n>", "threads to use (default: one for each core)", wholeFrom(1, 8))
    .addHelpText("after", HELP)
    .action(exiting(evaluate, 1));
}

async function evaluate(flags: EvaluateFlags): Promise<number> {
  if (!flags.subjects && !flags.pairs && !flags.pad && !flags.films) {
    throw new LabelError("nothing to measure: use --subjects, --pairs, --pad or --films (--help has examples)");
  }
  return interruptible(async (signal) => {
    const { threads, json: onlyJson, out } = flags;
    const options = { pack: packFolder(flags.pack), signal, ...(threads ? { threads } : {}) };
    const matching = await matchingOf(flags, options);
    const pad = await padOf(flags, options);
    const films = await filmsOf(flags, options);
    const json = JSON.stringify({ matching: matching?.report, pad, films: films?.report });
    const tables = [
      ...(matching ? matchingTables(matching.report) : []),
      ...(pad ? padTables(pad) : []),
      ...(films?.tables ?? []),
    ];
    if (onlyJson) print(json);
    else printTables(tables);
    if (!out) return;
    const written = await writeReport(out, json, tables, matching);
    if (!onlyJson) print(`\nWrote ${written.join(", ")} to ${out}.`);
  });
}
