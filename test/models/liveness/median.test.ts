import t from "tap";
import { medianOf } from "../../../models/liveness/median.ts";
import { randomOf } from "../../../workshop/quantise/inputs/random.ts";

t.test("the median is the middle one of the sorted numbers", async (t) => {
  const random = randomOf(7);
  for (const length of [1, 2, 3, 10, 101, 481]) {
    for (const values of [
      Float32Array.from({ length }, random),
      Float32Array.from({ length }, () => Math.floor(3 * random())),
    ]) {
      t.equal(medianOf(values.slice()), values.slice().sort()[length >> 1], `${length}`);
    }
  }
  t.equal(medianOf(new Float32Array()), 0);
});
