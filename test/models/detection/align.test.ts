import t from "tap";
import { fitSimilarity } from "../../../models/detection/align.ts";

t.test("a turned, scaled and shifted figure is found back", async (t) => {
  const from = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
    { x: 4, y: 7 },
  ];
  const [a, b, c, d] = [1.5, 0.8, -20, 33];
  const to = from.map(({ x, y }) => ({ x: a * x - b * y + c, y: b * x + a * y + d }));
  const found = fitSimilarity(from, to);
  t.ok(Math.abs(found.a - a) < 1e-9 && Math.abs(found.b - b) < 1e-9);
  t.ok(Math.abs(found.c - c) < 1e-9 && Math.abs(found.d - d) < 1e-9);
});

t.test("points that all coincide give a plain shift, not a division by zero", async (t) => {
  const point = { x: 3, y: 4 };
  t.same(
    fitSimilarity(
      [point, point],
      [
        { x: 5, y: 5 },
        { x: 5, y: 5 },
      ],
    ),
    { a: 1, b: 0, c: 2, d: 1 },
  );
});
