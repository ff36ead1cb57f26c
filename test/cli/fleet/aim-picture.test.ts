import t from "tap";
import { drawAim } from "../../../cli/fleet/aim-picture.ts";

t.test("a face is drawn where it is, with its points, and what to do is said last", async (t) => {
  const lines = drawAim({
    ...{ v: 1, jti: "request-1", atMs: 1, frame: { width: 640, height: 480 }, rotation: 90, seen: "one" },
    face: { x: 0, y: 0, width: 160, height: 240 },
    points: Array.from({ length: 5 }, () => ({ x: 80, y: 100 })),
    hint: "move_to_the_middle",
  });
  t.match(lines[1], /^\|#{14}/, "its upper edge, at the left");
  t.ok(lines.some((line) => line.includes("o")));
  t.equal(lines.at(-1), "one: move to the middle (the camera is turned by 90°)");
});

t.test("nobody is drawn as an empty oval", async (t) => {
  const lines = drawAim({ v: 1, jti: "request-1", atMs: 1, seen: "nobody", hint: "step_in_front" });
  t.ok(lines.some((line) => line.includes("·")) && !lines.some((line) => line.includes("#")));
});
