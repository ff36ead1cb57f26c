import t from "tap";
import { ratioOf, spreadOf } from "../../../workshop/bench/statistics.ts";

t.test("median and quartiles lie between ranks", async (t) => {
  t.same(spreadOf([4, 1, 3, 2, 5]), { median: 3, low: 2, high: 4, count: 5 });
  t.same(spreadOf([10, 20]), { median: 15, low: 12.5, high: 17.5, count: 2 });
  t.same(spreadOf([7]), { median: 7, low: 7, high: 7, count: 1 });
  t.ok(Number.isNaN(spreadOf([]).median), "nothing measured is not zero");
});

t.test("a ratio is of the medians of each round: one that was disturbed does not move it", async (t) => {
  const some = [
    [10, 11, 10],
    [100, 110, 100],
    [10, 10, 90],
  ];
  const others = [
    [5, 5, 6],
    [50, 50, 55],
    [5, 5, 5],
  ];
  t.same(ratioOf(some, others), { median: 2, low: 2, high: 2, count: 3 });
});
