import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import {
  equalErrorRate,
  falseMatchRate,
  falseNonMatchRate,
  operatingPoint,
  type Scores,
  wilson,
} from "../../models/forge/measure.ts";
import { type LabelledSet, readPairs, readSubjects } from "../../deploy/evaluate/sets.ts";
import { readPack } from "../../models/pack.ts";
import { chooseThreshold } from "../../models/threshold.ts";
import { FACES } from "../support/media.ts";
import { SHIPPED_PACK, shippedNetworks } from "../support/pack.ts";

/** What a set must hold. Rates as shares; `chip` references are 102×126 JPEGs of quality 70. */
interface Floor {
  readonly set: string;
  readonly chip: boolean;
  readonly acquired: number;
  readonly fnmrAtFmr1e3?: number;
  readonly eer?: number;
}

const FLOORS: readonly Floor[] = [
  { set: "lfw-subset", chip: true, acquired: 1, fnmrAtFmr1e3: 0.005 },
  { set: "orl", chip: false, acquired: 1, fnmrAtFmr1e3: 0.005 },
  { set: "casia-v5", chip: true, acquired: 0.97, fnmrAtFmr1e3: 0.04 },
  { set: "lfw-devtest", chip: true, acquired: 0.97, eer: 0.015 },
];

const skip = existsSync(FACES) ? false : "the labelled faces are not beside this repository";
const { manifest } = await readPack(SHIPPED_PACK);

for (const floor of FLOORS) {
  t.test(`${floor.set}${floor.chip ? ", chip references" : ""}`, { skip, timeout: 600_000 }, async (t) => {
    await using networks = await shippedNetworks();
    const set = await readSet(floor.set);
    const templates = await acquire(networks, set, floor.chip);
    const scores = compare(set, templates);
    const found = templates.filter(({ reference, probe }) => reference && probe).length / templates.length;
    t.comment(`${floor.set}: both templates of ${percent(found)} of ${templates.length} pictures`);
    for (const line of describe(scores)) t.comment(`${floor.set}: ${line}`);
    t.ok(found >= floor.acquired, "faces acquired");
    if (floor.fnmrAtFmr1e3 !== undefined) {
      t.ok(operatingPoint(scores, 1e-3).fnmr <= floor.fnmrAtFmr1e3, "FNMR at FMR 1e-3");
    }
    if (floor.eer !== undefined) t.ok(equalErrorRate(scores) <= floor.eer, "equal error rate");
    const shipped = chooseThreshold(manifest.thresholds, 1e-3);
    t.ok(falseMatchRate(scores, shipped.similarity) <= 1e-3, "FMR at the shipped threshold");
    if (shipped.set === floor.set) holdManifest(t, scores);
  });
}

/** The manifest says what this very measurement says. */
function holdManifest(t: { equal(a: unknown, b: unknown, name: string): boolean }, scores: Scores): void {
  for (const { fmr, similarity, fmrInterval95, ...entry } of manifest.thresholds) {
    const errors = Math.round(falseMatchRate(scores, similarity) * scores.impostor.length);
    const { low, high } = wilson(errors, scores.impostor.length);
    const rounded = (value: number) => Number(value.toFixed(6));
    t.equal(entry.genuinePairs, scores.genuine.length, `${fmr}: genuine pairs`);
    t.equal(entry.impostorPairs, scores.impostor.length, `${fmr}: impostor pairs`);
    t.equal(`${fmrInterval95}`, `${[rounded(low), rounded(high)]}`, `${fmr}: interval`);
    t.equal(rounded(entry.fnmr), rounded(falseNonMatchRate(scores, similarity)), `${fmr}: FNMR`);
  }
}

function describe(scores: Scores): readonly string[] {
  const pairs = `${scores.genuine.length} genuine, ${scores.impostor.length} impostor pairs`;
  const eer = `${pairs}, EER ${percent(equalErrorRate(scores))}`;
  const points = [1e-3, 1e-4].map((fmr) => {
    const { threshold } = operatingPoint(scores, fmr);
    const few = scores.impostor.length * fmr < 3 ? " (too few pairs to establish this rate)" : "";
    return `FMR ${fmr}${few}: threshold ${threshold.toFixed(3)}, ${at(scores, threshold)}`;
  });
  const shipped = manifest.thresholds.map(({ fmr, similarity }) => {
    return `shipped for FMR ${fmr}: threshold ${similarity}, ${at(scores, similarity)}`;
  });
  return [eer, ...points, ...shipped];
}

function at({ genuine, impostor }: Scores, threshold: number): string {
  const rate = (errors: number, trials: number) => {
    const { low, high } = wilson(errors, trials);
    return `${percent(errors / trials)} (95 %: ${percent(low)}–${percent(high)})`;
  };
  const missed = genuine.filter((score) => score < threshold).length;
  const passed = impostor.filter((score) => score >= threshold).length;
  return `FNMR ${rate(missed, genuine.length)}, FMR ${rate(passed, impostor.length)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}

function readSet(name: string): Promise<LabelledSet> {
  const folder = join(FACES, name);
  return existsSync(join(folder, "pairs.csv")) ? readPairs(name, folder) : readSubjects(name, folder);
}
