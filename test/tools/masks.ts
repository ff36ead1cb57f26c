import { basename, join } from "node:path";
import { progressBar } from "../../cli/console/progress.ts";
import { printTable } from "../../cli/console/table.ts";
import { readPack } from "../../models/pack/pack.ts";
import { loadNetworks } from "../../models/pipeline/networks.ts";
import { load } from "../../models/pipeline/recognizer.ts";
import { loadOnnx } from "../../models/runtime/onnx.ts";
import { rateOf } from "../../workshop/evaluate/scores/error-rates.ts";
import { openStand } from "../support/attempts.ts";
import { type Covered, pairsOf, tryMasks } from "../support/covered.ts";
import { type Fit, MASKS } from "../support/masks.ts";
import { FACES } from "../support/media.ts";
import { SHIPPED_PACK } from "../support/pack.ts";
import { readArguments } from "../support/tool-arguments.ts";

const HELP = `npm run masks -- [--people N] [--sets name,…] [--starts N] [--timeout MS]

Draws masks over labelled faces, seven cloths high and low on the nose, and shows each to the recognizer as a single frame
against another picture of the same person. Prints how many got the hint to uncover the face, masked (should) and bare
(should not), with 95 % intervals, and how many would have been compared all the same. Then verifies the men of the films,
masked in every frame, from N places of each film (default 1): none should end in match or no_match.
`;

const { values } = readArguments(HELP, {
  options: {
    people: { type: "string", default: "50" },
    sets: { type: "string", default: "lfw-subset,orl,casia-v5" },
    starts: { type: "string", default: "1" },
    timeout: { type: "string", default: "8000" },
  },
});

async function main(): Promise<void> {
  const pack = await readPack(SHIPPED_PACK);
  await using recognizer = await load(pack, loadOnnx);
  await using networks = await loadNetworks(pack, loadOnnx);
  const threshold = pack.manifest.thresholds.find(({ fmr }) => fmr === 0.001)?.similarity ?? 1;
  const rows: (readonly string[])[] = [];
  for (const set of values.sets.split(",")) {
    const pairs = await pairsOf(join(FACES, set), Number(values.people));
    const progress = progressBar(set);
    const all: Covered[] = [];
    for (const [i, pair] of pairs.entries()) {
      all.push(...(await tryMasks({ recognizer, networks, threshold }, pair)));
      progress(i + 1, pairs.length);
    }
    rows.push(...rowsOf(basename(set), all));
  }
  printTable(["set", "wearing", "pictures", "uncover_face (95 %)", "another hint", "compared: yes, no"], rows);
  await verifyMasked();
}

/** Whole verifications of the live men, masked: what the device would report. */
async function verifyMasked(): Promise<void> {
  await using stand = await openStand({ framesPerSecond: 12, timeoutMs: Number(values.timeout) });
  const starts = Number(values.starts);
  const total = stand.men.length * MASKS.length * FITS.length * starts;
  const progress = progressBar("verifications");
  const ended = new Map<string, string[]>();
  let done = 0;
  for (const man of stand.men) {
    for (const mask of MASKS) {
      for (let i = 0; i < starts * FITS.length; i++) {
        const fit = FITS[i % FITS.length] ?? "high";
        const { verdict } = await stand.masked(man, (i + 0.5) / (starts * FITS.length), mask, fit);
        ended.set(mask, [...(ended.get(mask) ?? []), verdict.reason ?? verdict.decision]);
        progress(++done, total);
      }
    }
  }
  const head = ["wearing", "verifications", "match", "no_match", "inconclusive"];
  printTable(
    head,
    [...ended, ["any mask", [...ended.values()].flat()] as const].map(([mask, all]) => endingsOf(mask, all)),
  );
}

const FITS: readonly Fit[] = ["high", "low"];

function endingsOf(wearing: string, all: readonly string[]): readonly string[] {
  const count = (ending: string) => all.filter((one) => one === ending).length;
  const reasons = [...new Set(all)].filter((one) => one !== "match" && one !== "no_match");
  return [
    wearing,
    String(all.length),
    String(count("match")),
    String(count("no_match")),
    reasons.map((reason) => `${reason} ${count(reason)}`).join(", "),
  ];
}

function rowsOf(set: string, all: readonly Covered[]): readonly (readonly string[])[] {
  const kinds = ["nothing", ...new Set(all.map(({ wearing }) => wearing).filter((wearing) => wearing !== "nothing"))];
  const masked = all.filter(({ wearing }) => wearing !== "nothing");
  const each = kinds.map((kind) =>
    rowOf(
      set,
      kind,
      all.filter(({ wearing }) => wearing === kind),
    ),
  );
  return [...each, rowOf(set, "any mask", masked)];
}

function rowOf(set: string, wearing: string, some: readonly Covered[]): readonly string[] {
  const count = (seen: Covered["seen"]) => some.filter((one) => one.seen === seen).length;
  const { rate, low, high } = rateOf(count("uncover_face"), some.length);
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return [
    set,
    wearing,
    String(some.length),
    `${percent(rate)} (${percent(low)}–${percent(high)})`,
    String(count("other_hint")),
    `${count("yes")}, ${count("no")}`,
  ];
}

await main();
