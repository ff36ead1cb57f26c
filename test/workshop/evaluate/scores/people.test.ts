import t from "tap";
import { tallyPeople } from "../../../../workshop/evaluate/scores/people.ts";

const sampled = (subjects: readonly string[]) =>
  subjects.map((subject, i) => ({ subject, path: `${i}`, file: `${i}` }));
const samples = sampled(["a", "a", "b", "c", "d", "e"]);
const template = Float32Array.of(1);
const pair = (referenceAt: number, same: boolean, probeAt = 0) => ({
  reference: template,
  probe: template,
  same,
  referenceAt,
  probeAt: [probeAt],
});

t.test("somebody with many pairs counts as one person", async (t) => {
  const tally = tallyPeople(samples, [0.5]);
  for (let i = 0; i < 98; i++) tally.observe(pair(0, true), 0.9);
  tally.observe(pair(2, true), 0.1);
  for (const at of [3, 4, 5]) tally.observe(pair(at, true), 0.9);
  const [rates] = tally.rates();
  t.equal(rates?.people, 5);
  t.equal(rates?.fnmr?.rate, 1 / 5, "one of a hundred pairs, but one of five people");
  t.ok((rates?.fnmr?.low ?? 1) < 1 / 5 && (rates?.fnmr?.high ?? 0) > 1 / 5);
  t.equal(rates?.fmr, undefined, "no impostor pair was tried");
});

t.test("impostor pairs are counted by threshold, and no error is no proof", async (t) => {
  const tally = tallyPeople(samples, [0.5, 0.8]);
  for (let i = 0; i < 30; i++) tally.observe(pair(i % 6, false), i === 0 ? 0.6 : 0.2);
  const [low, high] = tally.rates();
  t.equal(low?.fmr?.rate, 1 / 30);
  t.equal(high?.fmr?.rate, 0);
  t.equal(high?.fmr?.high, 0.1, "three by thirty");
  t.equal(high?.fnmr, undefined, "no genuine pair was tried");
});

t.test("where all pairs are missed, the number of people gives the lower bound", async (t) => {
  const many = sampled(Array.from({ length: 30 }, (_, i) => `${i}`));
  const tally = tallyPeople(many, [0.5]);
  for (const at of many.keys()) tally.observe(pair(at, true), 0.1);
  t.same(tally.rates()[0]?.fnmr, { rate: 1, low: 0.9, high: 1 });
});

t.test("fewer than five people have rates and no intervals", async (t) => {
  const tally = tallyPeople(samples, [0.5]);
  for (const at of [0, 2, 3]) {
    tally.observe(pair(at, true), at === 0 ? 0.1 : 0.9);
    tally.observe(pair(at, false, at === 0 ? 2 : 0), at === 0 ? 0.9 : 0.1);
  }
  t.same(tally.rates()[0], { threshold: 0.5, people: 3, fnmr: { rate: 1 / 3 }, fmr: { rate: 1 / 3 } });
});

t.test("a person is as often drawn in probes as in references", async (t) => {
  // Everybody is taken for the first person, as reference or as probe: it makes the same interval.
  const people = sampled(Array.from({ length: 60 }, (_, i) => `${i}`));
  const rateOf = (isMatch: (reference: number, probe: number) => boolean) => {
    const tally = tallyPeople(people, [0.5]);
    for (const reference of people.keys()) {
      for (const probe of people.keys()) {
        if (probe !== reference) tally.observe(pair(reference, false, probe), isMatch(reference, probe) ? 0.9 : 0.1);
      }
    }
    return tally.rates()[0]?.fmr;
  };
  const asReference = rateOf((reference) => reference === 0);
  t.same(
    rateOf((_, probe) => probe === 0),
    asReference,
  );
  t.equal(asReference?.rate, 1 / 60);
  t.equal(asReference?.low, 0, "the first person is in a third of the resamples not drawn");
  t.ok((asReference?.high ?? 0) > 2.5 / 60, `${asReference?.high}`);
});
