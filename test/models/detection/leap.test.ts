import t from "tap";
import type { Landmarks } from "../../../models/detection/landmarks.ts";
import { hasJumped } from "../../../models/detection/leap.ts";
import { landmarksAt } from "../../support/generic-head.ts";

const FACE = landmarksAt(0, 0, 0);
/** In the picture the eyes are 60 pixels apart. */
const EYES = 60;

const moved = (face: Landmarks, by: number) => face.map(({ x, y }) => ({ x: x + by, y }));
const grown = (face: Landmarks, by: number) =>
  face.map(({ x, y }) => ({ x: 100 + (x - 100) * by, y: 100 + (y - 100) * by }));

t.test("a face goes on that moves, grows and turns as heads do", async (t) => {
  for (const next of [FACE, moved(FACE, 0.5 * EYES), grown(FACE, 1.2), grown(FACE, 0.85), landmarksAt(10, 5, 5)])
    t.notOk(hasJumped(FACE, next));
});

t.test("one that is at another place, of another size or turned otherwise has jumped", async (t) => {
  t.ok(hasJumped(FACE, moved(FACE, 0.7 * EYES)), "place");
  t.ok(hasJumped(FACE, moved(FACE, -0.7 * EYES)), "to the other side");
  t.ok(hasJumped(FACE, grown(FACE, 1.3)), "nearer");
  t.ok(hasJumped(FACE, grown(FACE, 0.75)), "farther");
  t.ok(hasJumped(FACE, landmarksAt(16, 0, 0)), "turned");
  t.ok(hasJumped(landmarksAt(16, 0, 0), landmarksAt(-16, 0, 0)), "from side to side");
});
