import t from "tap";
import { fuseTemplates, similarity } from "../../../../models/embedding/embedder.ts";
import { compareFused, comparePairs } from "../../../../workshop/evaluate/scores/compare.ts";
import { scoreAll } from "../../../../workshop/evaluate/scores/comparisons.ts";
import { ratesAt } from "../../../../workshop/evaluate/scores/error-rates.ts";
import { allPairs, listedPairs, type Pairs } from "../../../../workshop/evaluate/scores/pairs.ts";
import type { LabelledSet } from "../../../../workshop/evaluate/sets.ts";

/** As many pictures as a large set has, some subjects with many and most with one. */
const MANY = 12_000;
const subjectOf = (index: number) => `${index < 1000 ? index % 100 : index}`;

/** Short templates that differ from picture to picture; the same on every run. */

const template = (index: number) => Float32Array.of(Math.cos(index), Math.sin(index));
const acquiredOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ reference: template(i), probe: template(i + 0.5) }));

const setOf = (count: number): LabelledSet => {
  const samples = Array.from({ length: count }, (_, i) => ({ subject: subjectOf(i), path: `${i}`, file: `${i}` }));
  return { name: "drawn", samples, pairs: allPairs(samples.map(({ subject }) => subject)) };
};

const heldBytes = () => process.memoryUsage().heapUsed + process.memoryUsage().external;

t.test("all pairs of 12,000 pictures are counted and walked without being held", async (t) => {
  const before = heldBytes();
  const pairs = allPairs(Array.from({ length: MANY }, (_, i) => subjectOf(i)));
  t.equal(pairs.genuine, 1000 * 9);
  t.equal(pairs.genuine + pairs.impostor, MANY * (MANY - 1));
  let [walked, most] = [0, 0];
  for (const _ of pairs) {
    if (++walked % 500_000 === 0) most = Math.max(most, heldBytes());
    if (walked === 4_000_000) break;
  }
  t.ok(most - before < 100e6, `${((most - before) / 1e6).toFixed(0)} MB more at most`);
});

t.test("pairs are those of a double loop, and so are those that are kept", async (t) => {
  const subjects = ["a", "a", "b", "c", "c", "c"];
  const looped = subjects.flatMap((a, reference) =>
    subjects.flatMap((b, probe) => (reference === probe ? [] : [{ reference, probe, same: a === b }])),
  );
  const hold = (pairs: Pairs, wanted: typeof looped, what: string) => {
    t.same([...pairs], wanted, what);
    t.equal(pairs.genuine, wanted.filter(({ same }) => same).length, `${what}: genuine`);
    t.equal(pairs.impostor, wanted.filter(({ same }) => !same).length, `${what}: impostor`);
    for (const [i] of subjects.entries()) {
      const roles = {
        reference: wanted.some(({ reference }) => reference === i),
        probe: wanted.some(({ probe }) => probe === i),
      };
      t.same(pairs.rolesOf(i), roles, `${what}: roles of ${i}`);
    }
  };
  const [first, second] = [(index: number) => index !== 1, (index: number) => index > 2];
  const kept = looped.filter(({ reference, probe }) => first(reference) && second(probe));
  hold(allPairs(subjects), looped, "all");
  hold(allPairs(subjects).among(first, second), kept, "all, kept");
  hold(listedPairs(looped.slice(3)), looped.slice(3), "listed");
  hold(listedPairs(looped).among(first, second), kept, "listed, kept");
  hold(allPairs(["a"]), [], "of one picture there are none");
});

t.test("millions of comparisons need eight bytes each, and let others have their turn", async (t) => {
  const set = setOf(2000);
  const acquired = acquiredOf(2000).map((one, i) => (i % 10 === 3 ? { ...one, probe: undefined } : one));
  const before = heldBytes();
  let [turns, most, told] = [0, 0, 0];
  const timer = setInterval(() => {
    turns++;
    most = Math.max(most, heldBytes());
  }, 20);
  const scores = await scoreAll(comparePairs(set.pairs, acquired), {
    progress: (done, total) => {
      told = done / total;
    },
  });
  clearInterval(timer);
  const compared = scores.genuine.length + scores.impostor.length;
  t.equal(compared, 2000 * 1800 - 1800, "all but those of which a side is missing");
  t.equal(told, 1);
  t.ok(turns > 3, `${turns} turns`);
  t.ok(most - before < compared * 8 + 60e6, `${((most - before) / 1e6).toFixed(0)} MB more at most`);
  const { fmr } = ratesAt(scores, 0.5);
  t.ok(Math.abs(fmr.rate - 1 / 3) < 0.01, "of directions all around a third is within 60 degrees");
});

t.test("comparing ends early when it is told to, with what was compared by then", async (t) => {
  const stop = new AbortController();
  const set = setOf(1000);
  const progress = () => stop.abort();
  const scores = await scoreAll(comparePairs(set.pairs, acquiredOf(1000)), { progress, signal: stop.signal });
  t.equal(scores.genuine.length + scores.impostor.length, 1 << 15);
});

t.test("fused probes are those of each subject without the reference; each picture begins one", async (t) => {
  const subjects = ["a", "a", "a", "b", "b", "c"];
  const samples = subjects.map((subject, i) => ({ subject, path: `${i}`, file: `${i}` }));
  const acquired = acquiredOf(subjects.length);
  const scores = await scoreAll(compareFused({ name: "drawn", samples, pairs: allPairs(subjects) }, acquired, 2));
  const score = (reference: number, probes: readonly number[]) =>
    similarity(template(reference), fuseTemplates(probes.map((i) => template(i + 0.5))));
  const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);
  t.same(
    [...scores.genuine],
    ascending([score(0, [1, 2]), score(1, [0, 2]), score(2, [0, 1]), score(3, [4]), score(4, [3])]),
  );
  const strangers = [0, 1, 2].map((i) => score(i, [3, 4]));
  const probes = [
    [0, 1],
    [1, 2],
    [2, 0],
  ];
  const others = [3, 4, 5].flatMap((i) => probes.map((probe) => score(i, probe)));
  const single = [0, 1, 2, 3, 4].map((i) => score(i, [5]));
  t.same([...scores.impostor], ascending([...strangers, ...single, ...others, score(5, [3, 4])]));
});
