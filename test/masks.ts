import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { progressBar } from "../deploy/cli/progress.ts";
import { printTable } from "../deploy/cli/table.ts";
import { rateOf } from "../models/forge/measure.ts";
import { loadNetworks } from "../models/networks.ts";
import { readPack } from "../models/pack.ts";
import { load } from "../models/recognizer.ts";
import { loadOnnx } from "../models/runtime/onnx.ts";
import { type Covered, pairsOf, tryMasks } from "./support/covered.ts";
import { FACES } from "./support/media.ts";
import { SHIPPED_PACK } from "./support/pack.ts";

const HELP = `npm run masks -- [--people N] [--sets name,…]

Draws masks over labelled faces, seven cloths high and low on the nose, and shows each to the recognizer as a single frame
against another picture of the same person. Prints how many got the hint to uncover the face, masked (should) and bare
(should not), with 95 % intervals, and how many would have been compared all the same.
`;

const { values } = parseArgs({
  options: {
    people: { type: "string", default: "50" },
    sets: { type: "string", default: "lfw-subset,orl,casia-v5" },
    help: { type: "boolean", default: false },
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
    ...[set, wearing, String(some.length), `${percent(rate)} (${percent(low)}–${percent(high)})`],
    ...[String(count("other_hint")), `${count("yes")}, ${count("no")}`],
  ];
}

if (values.help) process.stdout.write(HELP);
else await main();
