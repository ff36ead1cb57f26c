import { setImmediate } from "node:timers/promises";
import t from "tap";
import { wilson } from "../../../../models/pack/evaluation.ts";
import {
  equalErrorRate,
  errorCurve,
  ratesAt,
  sortInTurns,
  thresholdFor,
} from "../../../../workshop/evaluate/scores/error-rates.ts";
import { scoresOf } from "./few-scores.ts";

const ramp = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

t.test("the threshold lets through no more impostors than allowed", async (t) => {
  const scores = scoresOf([0.9], ramp(0, 0.999, 1000));
  const threshold = thresholdFor(scores, 0.01);
  t.equal(ratesAt(scores, threshold).fmr.rate, 0.01);
  t.ok(threshold > 0.988 && threshold < 0.9891);
  t.equal(ratesAt(scores, thresholdFor(scores, 1e-4)).fmr.rate, 0, "fewer pairs than the rate asks for: none may pass");
});

t.test("scores that are equal pass or fail together", async (t) => {
  const scores = scoresOf([0.5], [0.4, 0.4, 0.4, 0.1]);
  t.ok(thresholdFor(scores, 0.25) > 0.4);
});

t.test("the equal error rate of sets that overlap by a tenth is a tenth", async (t) => {
  const scores = scoresOf(ramp(0.4, 1.4, 1001), ramp(-0.4, 0.6, 1001));
  t.ok(Math.abs((equalErrorRate(scores) ?? 1) - 0.1) < 0.002);
  t.equal(equalErrorRate(scoresOf([0.9, 0.8], [0.1, 0.2])), 0);
  t.equal(equalErrorRate(scoresOf([0.9], [])), undefined, "nobody else was compared");
});

t.test("Wilson's interval, against published values", async (t) => {
  // Newcombe 1998, table I: 81 of 263 gives 0.2553…0.3662; 0 of 20 gives 0…0.1611.
  const some = wilson(81, 263);
  t.ok(Math.abs(some.low - 0.2553) < 1e-4 && Math.abs(some.high - 0.3662) < 1e-4);
  const none = wilson(0, 20);
  t.ok(none.low === 0 && Math.abs(none.high - 0.1611) < 1e-4);
});

t.test("the curve of both errors runs from one end to the other, fine where few pairs decide", async (t) => {
  const curve = errorCurve(scoresOf(ramp(0.4, 1, 1001), ramp(-0.4, 0.6, 100_001)));
  t.same(curve[0], { threshold: -0.4, fmr: 1, fnmr: 0 });
  t.match(curve.at(-1), { fmr: 0, fnmr: 1 });
  for (const [i, point] of curve.slice(1).entries()) {
    const before = curve[i];
    t.ok(before && point.fmr <= before.fmr && point.fnmr >= before.fnmr);
  }
  const between = (from: number, to: number) => curve.filter(({ fmr }) => fmr >= from && fmr <= to).length;
  for (const from of [1e-4, 1e-3, 1e-2]) t.ok(between(from, 10 * from) >= 20, `${from}: ${between(from, 10 * from)}`);
});

t.test("scores are sorted in turns as they are at once", async (t) => {
  const inputs = {
    mixed: Float64Array.from({ length: 20_000 }, (_, i) => Math.sin(i * i)),
    "in order": Float64Array.from(ramp(-1, 1, 20_000)),
    "in reverse": Float64Array.from(ramp(1, -1, 20_000)),
    "few values": Float64Array.from({ length: 20_000 }, (_, i) => (i * 7) % 3),
    "one value": new Float64Array(20_000).fill(0.5),
    none: new Float64Array(0),
  };
  for (const [what, values] of Object.entries(inputs)) {
    const wanted = values.slice().sort();
    let turns = 0;
    const turn = async () => {
      turns++;
      await setImmediate();
    };
    t.ok(Buffer.from((await sortInTurns(values, turn, 1000)).buffer).equals(Buffer.from(wanted.buffer)), what);
    if (what === "mixed") t.ok(turns >= 20, `${turns} turns`);
  }
});
