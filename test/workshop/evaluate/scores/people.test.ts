import t from "tap";
import { tallyPeople } from "../../../../workshop/evaluate/scores/people.ts";

const samples = ["a", "a", "b", "c"].map((subject, i) => ({ subject, path: `${i}`, file: `${i}` }));
const template = Float32Array.of(1);
const pair = (referenceAt: number, same: boolean) => ({
  reference: template,
  probe: template,
  same,
  referenceAt,
  probeAt: [0],
});

t.test("somebody with many pairs counts as one person", async (t) => {
  const tally = tallyPeople(samples, [0.5]);
  for (let i = 0; i < 98; i++) tally.observe(pair(0, true), 0.9);
  tally.observe(pair(2, true), 0.1);
  tally.observe(pair(3, true), 0.9);
  const [rates] = tally.rates();
  t.equal(rates?.people, 3);
  t.equal(rates?.fnmr.rate, 1 / 3, "one of a hundred pairs, but one of three people");
  t.ok(rates && rates.fnmr.low < 1 / 3 && rates.fnmr.high > 1 / 3);
});

t.test("impostor pairs are counted by threshold, and no error is no proof", async (t) => {
  const tally = tallyPeople(samples, [0.5, 0.8]);
  for (let i = 0; i < 30; i++) tally.observe(pair(i % 4, false), i === 0 ? 0.6 : 0.2);
  const [low, high] = tally.rates();
  t.equal(low?.fmr.rate, 1 / 30);
  t.equal(high?.fmr.rate, 0);
  t.equal(high?.fmr.high, 0.1, "three by thirty");
});
