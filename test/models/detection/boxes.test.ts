import t from "tap";
import { growInside, overlap, suppress } from "../../../models/detection/boxes.ts";

t.test("overlap is intersection over union", async (t) => {
  const box = { x: 0, y: 0, width: 10, height: 10 };
  t.equal(overlap(box, box), 1);
  t.equal(overlap(box, { ...box, x: 10 }), 0);
  t.equal(overlap(box, { ...box, x: 5 }), 1 / 3);
});

t.test("of boxes that overlap, the best-scored one stays", async (t) => {
  const box = { x: 0, y: 0, width: 10, height: 10 };
  const found = [
    { box, score: 0.8 },
    { box: { ...box, x: 1 }, score: 0.9 },
    { box: { ...box, x: 50 }, score: 0.7 },
  ];
  t.same(
    suppress(found, 0.3).map(({ score }) => score),
    [0.9, 0.7],
  );
});

t.test("a grown box is shifted into the picture, and only shrunk when the picture is too small", async (t) => {
  const picture = { width: 101, height: 101, data: new Uint8Array(0) };
  t.same(growInside({ x: 0, y: 0, width: 20, height: 20 }, 2, picture), { x: 0, y: 0, width: 40, height: 40 });
  t.same(growInside({ x: 80, y: 40, width: 20, height: 20 }, 2, picture), { x: 60, y: 30, width: 40, height: 40 });
  t.equal(growInside({ x: 25, y: 25, width: 50, height: 50 }, 4, picture).width, 100);
});
