import t from "tap";
import { interval95 } from "../../../models/pack/evaluation.ts";
import { describeGroups, describePad, describeScores } from "../../../workshop/evaluate/report.ts";
import { rateOf, ratesAt } from "../../../workshop/evaluate/scores/error-rates.ts";
import { matchingTables } from "../../../workshop/evaluate/tables.ts";
import { scoresOf } from "./scores/few-scores.ts";

const ramp = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

t.test("rates are counted at thresholds of its own and at shipped ones", async (t) => {
  const scores = scoresOf(ramp(0.4, 0.9, 500), ramp(-0.5, 0.5, 10_001));
  const shipped = {
    fmr: 1e-3,
    similarity: 0.44995,
    set: "x",
    reference: "chip" as const,
    genuinePairs: 1,
    impostorPairs: 1,
  };
  const { rates, pairs } = describeScores(scores, [{ ...shipped, fmrInterval95: [0, 1], fnmr: 0 }]);
  t.same(pairs, { genuine: 500, impostor: 10_001 });
  const own = rates.find(({ from, wantedFmr }) => from === "own" && wantedFmr === 1e-3);
  t.equal(own?.fmr.errors, 10);
  t.ok(own?.established);
  t.notOk(rates.find(({ wantedFmr }) => wantedFmr === 1e-4)?.established, "3/10,001 is more than 1e-4");
  const at = rates.find(({ from }) => from === "shipped");
  t.equal(at?.fmr.errors, 501);
  t.equal(at?.fnmr.errors, 50);
});

t.test("no error seen says: at most three in so many", async (t) => {
  t.same(interval95(0, 300), { low: 0, high: 0.01 });
  t.same(interval95(0, 0), { low: 0, high: 1 }, "nothing tried, nothing known");
  t.ok(ratesAt(scoresOf([0.9], [0.1, 0.2]), 0.5).fmr.high <= 1);
});

t.test("groups are compared by the ratio of the worst to the best", async (t) => {
  const group = (missed: number) =>
    scoresOf(
      ramp(0, 1, 100).map((_, i) => (i < missed ? 0.1 : 0.9)),
      [0.1],
    );
  const scores = new Map([
    ["a", group(2)],
    ["b", group(6)],
  ]);
  const { worstByBest, groups } = describeGroups(scores, 0.5);
  t.equal(worstByBest.fnmr, 3);
  t.equal(worstByBest.fmr, undefined, "no error in the best: there is no ratio");
  t.same(
    groups.map(({ group }) => group),
    ["a", "b"],
  );
});

t.test("attacks are counted by species, and pictures without a face in neither rate", async (t) => {
  const seen = [
    ...[0.9, 0.8, undefined].map((liveness) => ({ label: "bonafide", liveness })),
    { label: "Live", liveness: 0.2 },
    ...[0.1, 0.7].map((liveness) => ({ label: "print", liveness })),
    { label: "mask", liveness: 0.3 },
  ];
  const { bpcer, apcer, nonResponses } = describePad(seen, 0.5);
  t.match(bpcer, { errors: 1, trials: 3 });
  t.match(apcer, [
    { species: "mask", errors: 0, trials: 1 },
    { species: "print", errors: 1, trials: 2 },
  ]);
  t.equal(nonResponses, 1);
});

/** A report of few pairs, and what differs from it. */
function reportOf(cut: object) {
  return {
    set: "a",
    pack: "int8 1.2.0",
    reference: "chip",
    probes: 1,
    rules: "device" as const,
    notAcquired: [],
    people: [],
    failureToAcquire: rateOf(0, 9),
    unreadable: [],
    ...describeScores(scoresOf([0.9], [0.1, 0.2]), []),
    ...cut,
  };
}

t.test("the title tells what an interruption has left out", async (t) => {
  const titleWith = (cut: object) => matchingTables(reportOf(cut))[0]?.title;
  t.equal(titleWith({}), "a, pack int8 1.2.0, chip references");
  t.match(titleWith({ partial: { looked: 9, of: 12 } }), /, interrupted after 9 of 12 pictures$/);
  t.match(titleWith({ partialPairs: { compared: 1000, of: 5000 } }), /, interrupted after 1,000 of 5,000 pairs$/);
  t.match(titleWith({ groupsLeftOut: true }), /, interrupted before the groups$/);
  const pairsLeftOut = { withItself: 2, repeated: 0 };
  t.match(titleWith({ otherFiles: 3, pairsLeftOut }), /; left out: 3 files .*, 2 pairs of a picture with itself$/);
});

t.test("accuracy over folds says of how many pairs, and compares with nobody's if some are missing", async (t) => {
  const folds = (compared: number) => ({ folds: 3, pairs: { compared, of: 60 }, accuracy: 1, standardError: 0 });
  const title = (compared: number) =>
    matchingTables({ ...reportOf({}), folds: folds(compared) }).find(({ head }) => head[0] === "accuracy")?.title;
  t.match(title(45), /45 of 60 pairs.*no comparison/);
  t.match(title(60), /60 of 60 pairs/);
  t.notMatch(title(60), /no comparison/);
});

t.test("rates by person say where there was no trial, and have no interval of few people", async (t) => {
  const people = [{ threshold: 0.5, people: 3, fmr: undefined, fnmr: { rate: 0.5 } }];
  const table = matchingTables({ ...reportOf({}), people }).find(({ head }) => head[1] === "people");
  t.same(table?.rows, [["0.500", "3", "no trials", "50.0 %"]]);
});

t.test("what could not be read is named as far as it is read, and what was not tried has no rate", async (t) => {
  const unreadable = Array.from({ length: 7 }, (_, i) => ({ path: `${i}.jpg`, problem: "it is gone" }));
  const report = {
    set: "a",
    pack: "int8 1.2.0",
    reference: "chip",
    probes: 1,
    rules: "device" as const,
    notAcquired: [],
    people: [],
    failureToAcquire: rateOf(7, 9),
    unreadable,
    ...describeScores(scoresOf([0.9], []), []),
  };
  const [overview, named, rates] = matchingTables(report);
  t.equal(overview?.rows[0]?.at(-1), "no trials", "no equal error rate without impostors");
  t.equal(named?.title, "7 pictures could not be read");
  t.same(named?.rows.at(0), ["0.jpg", "it is gone"]);
  t.same(named?.rows.at(-1), ["and 2 more", "--json names all"]);
  t.equal(rates?.rows[0]?.[2], "–", "no threshold of its own");
});
