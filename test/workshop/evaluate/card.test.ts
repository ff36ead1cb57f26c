import t from "tap";
import { cardTables, summaryTable } from "../../../workshop/evaluate/card.ts";
import { describeScores, type MatchingReport } from "../../../workshop/evaluate/report.ts";
import { rateOf } from "../../../workshop/evaluate/scores/error-rates.ts";
import { markdownOf } from "../../../workshop/report/text-table.ts";
import { scoresOf } from "./scores/few-scores.ts";

const ramp = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

const SHIPPED = {
  ...{ fmr: 1e-3, similarity: 0.5, set: "x", reference: "chip" as const, fnmr: 0 },
  ...{ genuinePairs: 1, impostorPairs: 1, fmrInterval95: [0, 1] as [number, number] },
};

function entry(set: string, reference: string, impostors: number) {
  const scores = scoresOf(ramp(0.4, 0.9, 501), ramp(-0.4, 0.4999, impostors));
  const report: MatchingReport = {
    ...{
      set,
      pack: "int8 1.2.0",
      reference,
      probes: 1,
      rules: "device" as const,
      notAcquired: [],
      people: [],
      failureToAcquire: rateOf(3, 100),
      unreadable: [],
    },
    ...describeScores(scores, [SHIPPED]),
  };
  return { report, seconds: 178.6 };
}

t.test("each pack and kind of reference has a table at the shipped threshold and one at each set's own", async (t) => {
  const tables = cardTables([entry("a", "chip", 5000), entry("b", "chip", 20_000), entry("a", "live", 500)]);
  t.same(
    tables.map(({ title, rows }) => [title, rows.length]),
    [
      ["Pack int8 1.2.0, chip references, pairs and rates at the shipped threshold 0.5 (95 % intervals)", 2],
      ["Pack int8 1.2.0, chip references, at each set's own thresholds; what the evaluation took", 2],
      ["Pack int8 1.2.0, live references, pairs and rates at the shipped threshold 0.5 (95 % intervals)", 1],
      ["Pack int8 1.2.0, live references, at each set's own thresholds; what the evaluation took", 1],
    ],
  );
});

t.test("a row says how many pairs there are, both rates, and what the evaluation took", async (t) => {
  const [shipped, own] = cardTables([entry("a", "chip", 5000)]);
  t.match(shipped?.rows[0], ["a", "501, 5,000", "3.00 %", /^\d.*%$/, /^20\.0 % \(16\.7–23\.7\)$/, /^0\.000 % \(/]);
  t.match(own?.rows[0], ["a", /^0\.499$/, /^19\.\d % \(/, "–", "–", "100", "179"]);
  t.match(shipped && markdownOf([shipped]), /^\| a \| 501, 5,000 \|/m);
});

t.test("the model card's own table has the shipped pack's chips, a set a row", async (t) => {
  const { title, head, rows } = summaryTable([
    entry("a", "chip", 5000),
    entry("a", "live", 500),
    entry("b", "chip", 99),
  ]);
  t.match(title, /^Pack int8 1\.2\.0, references as on an ID card's chip/);
  t.same(
    rows.map(([set]) => set),
    ["a", "b"],
  );
  t.ok(rows.every(({ length }) => length === head.length));
  t.match(rows[0], ["a", "–", "501, 5,000", "3.00 %", /^20\.0 % \(16\.7–23\.7\)$/, "–"], "no people were counted here");
});

t.test("a threshold of a set's own needs as many pairs as one error in them would be", async (t) => {
  const thresholds = (impostors: number) => {
    const row = cardTables([entry("a", "chip", impostors)])[1]?.rows[0] ?? [];
    return [row[1], row[3]].map((cell) => cell !== "–");
  };
  t.same(thresholds(999), [false, false]);
  t.same(thresholds(1000), [true, false]);
  t.same(thresholds(10_000), [true, true]);
});
