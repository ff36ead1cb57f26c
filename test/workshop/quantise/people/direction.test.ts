import t from "tap";
import { directionOf } from "../../../../workshop/quantise/people/direction.ts";

t.test("what all drawings of a person have in common takes itself away", async (t) => {
  const people = [
    [Float32Array.of(5, 1, 0), Float32Array.of(5, 0, 0)],
    [Float32Array.of(9, 3, 0), Float32Array.of(9, 0, 0)],
  ];
  t.same(directionOf(people, [1, -1], 0.4), Float32Array.of(0, 0.4, 0));
});

t.test("weights count", async (t) => {
  const direction = directionOf([[Float32Array.of(1, 0), Float32Array.of(0, 1)]], [3, -4], 1);
  t.ok(Math.abs((direction[0] ?? 0) - 0.6) < 1e-6 && Math.abs((direction[1] ?? 0) + 0.8) < 1e-6);
});
