import t from "tap";
import { evaluationProblems } from "../../../models/pack/evaluation.ts";
import { readManifest } from "../../../models/pack/manifest.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { FLOAT_PACK, SHIPPED_PACK } from "../../support/pack.ts";

const { manifest } = await readPack(SHIPPED_PACK);
const [shipped] = manifest.thresholds;
const [evaluation] = manifest.evaluations;
if (!shipped || !evaluation) throw new Error("the shipped pack has no threshold");

t.test("the shipped packs agree with their own evaluations", async (t) => {
  for (const folder of [SHIPPED_PACK, FLOAT_PACK]) {
    const { thresholds, evaluations } = (await readPack(folder)).manifest;
    t.same(evaluationProblems(thresholds, evaluations), []);
  }
});

t.test("a threshold that its own evaluation contradicts is named", async (t) => {
  const reached = (at: number) => evaluation.impostorsReached.find(([similarity]) => similarity === at)?.[1];
  const cases: readonly (readonly [string, Partial<typeof shipped>, RegExp])[] = [
    ["at another similarity", { similarity: 0.125 }, /does not say how many impostors reach it/],
    [
      "at a lower one of the table",
      { similarity: 0.2 },
      new RegExp(`: ${reached(0.2)} of 8008 impostor pairs reach it`),
    ],
    ["a finer rate", { similarity: 0.5, fmr: 5e-4 }, new RegExp(`: ${reached(0.5)} of 8008 impostor pairs reach it`)],
    ["of another set", { set: "lfw" }, /no evaluation of 8008 pairs of lfw/],
    ["of more pairs", { impostorPairs: 80_080 }, /no evaluation of 80080 pairs/],
    ["with a narrower interval", { fmrInterval95: [0.0003, 0.001] }, /another interval/],
    ["too fine for its pairs", { similarity: 0.55, fmr: 1e-5, fmrInterval95: [0, 3 / 8008] }, /too few/],
  ];
  for (const [name, change, problem] of cases) {
    const problems = evaluationProblems([{ ...shipped, ...change }], [evaluation]);
    t.equal(problems.length, 1, name);
    t.match(problems[0], problem, name);
  }
});

t.test("a table whose counts rise is no distribution of scores", async (t) => {
  const raised = { ...evaluation, impostorsReached: [...evaluation.impostorsReached, [0.6, 1] as [number, number]] };
  t.match(evaluationProblems([shipped], [raised]), [/more impostors of casia-v5 reach a higher similarity/]);
  const many = { ...evaluation, impostorsReached: [[0, 8009], ...evaluation.impostorsReached] as [number, number][] };
  t.equal(evaluationProblems([shipped], [many]).length, 1, "more than there are pairs");
});

t.test("a manifest with a threshold of 0.125 that claims an FMR of 1e-3 is refused", async (t) => {
  const read = readManifest({ ...manifest, thresholds: [{ ...shipped, similarity: 0.125 }] });
  t.match("problems" in read && read.problems, [/thresholds.0: FMR 0.001 at 0.125/]);
});
