import t from "tap";
import {
  edgeOf,
  lineOf,
  mayBeEdge,
  placeIn,
  type Steps,
  stepsAcross,
  stepsDown,
} from "../../../models/liveness/straight-lines.ts";
import { randomOf } from "../../../workshop/quantise/inputs/random.ts";

const [WIDTH, HEIGHT] = [40, 30];

function lumasOf(grey: (x: number, y: number) => number): Float32Array {
  return Float32Array.from({ length: WIDTH * HEIGHT }, (_, at) => grey(at % WIDTH, Math.floor(at / WIDTH)));
}

/** Dark left of column 20, light from there on: steps in columns 19 and 20. */
const curtain = lumasOf((x) => (x < 20 ? 10 : 60));

t.test("an upright edge is a line of steps in one direction", async (t) => {
  const across = stepsAcross(curtain, WIDTH, HEIGHT);
  for (const x of [19, 20]) t.equal(edgeOf(lineOf(across, x, 0), 0, HEIGHT), 1, `column ${x}`);
  for (const x of [0, 17, 18, 21, 22, 39]) t.equal(edgeOf(lineOf(across, x, 0), 0, HEIGHT), 0, `column ${x}`);
  t.equal(edgeOf(lineOf(stepsDown(curtain, WIDTH, HEIGHT), 20, 0), 0, WIDTH), 0, "no row is an edge");
});

t.test("a level edge is upright among the steps downwards", async (t) => {
  const shelf = lumasOf((_, y) => (y < 12 ? 200 : 90));
  const down = stepsDown(shelf, WIDTH, HEIGHT);
  t.same([down.width, down.height], [HEIGHT, WIDTH]);
  t.equal(edgeOf(lineOf(down, 12, 0), 0, WIDTH), -1, "it becomes darker");
  for (const y of [0, 10, 13, 29]) t.equal(edgeOf(lineOf(down, y, 0), 0, WIDTH), 0, `row ${y}`);
  t.equal(edgeOf(lineOf(stepsAcross(shelf, WIDTH, HEIGHT), 12, 0), 0, HEIGHT), 0);
});

t.test("a line leans as far as its edge", async (t) => {
  const leaning = stepsAcross(
    lumasOf((x, y) => (x < 10 + 0.4 * y ? 10 : 60)),
    WIDTH,
    HEIGHT,
  );
  t.equal(edgeOf(lineOf(leaning, 9.7, 0.4), 0, HEIGHT), 1);
  t.equal(edgeOf(lineOf(leaning, 9.7, 0), 0, HEIGHT), 0);
  t.equal(placeIn(lineOf(leaning, 9.7, 0.4), 10), 13.7);
});

t.test("a step of six lumas is one, a step of less is none", async (t) => {
  const stepOf = (lumas: number) => {
    const across = stepsAcross(
      lumasOf((x) => (x < 20 ? 50 : 50 + lumas)),
      WIDTH,
      HEIGHT,
    );
    return edgeOf(lineOf(across, 20, 0), 0, HEIGHT);
  };
  t.same([6, 5.9, -5.9, -6].map(stepOf), [1, 0, 0, -1]);
});

t.test("both halves must have the edge, and in the same direction", async (t) => {
  const half = stepsAcross(
    lumasOf((x, y) => (x < 20 || y >= 15 ? 10 : 60)),
    WIDTH,
    HEIGHT,
  );
  t.equal(edgeOf(lineOf(half, 20, 0), 0, 15), 1, "the part that has it");
  t.equal(edgeOf(lineOf(half, 20, 0), 0, HEIGHT), 0, "half of the line");
  const turned = stepsAcross(
    lumasOf((x, y) => (x < 20 === y < 15 ? 10 : 60)),
    WIDTH,
    HEIGHT,
  );
  t.equal(edgeOf(lineOf(turned, 20, 0), 0, HEIGHT), 0, "lighter, then darker");
});

t.test("a finger's breadth may be missing, and no more", async (t) => {
  const without = (rows: number) =>
    lineOf(
      stepsAcross(
        lumasOf((x, y) => (x < 20 || y < rows ? 10 : 60)),
        WIDTH,
        HEIGHT,
      ),
      20,
      0,
    );
  t.equal(edgeOf(without(2), 0, HEIGHT), 1, "two of fifteen rows");
  t.equal(edgeOf(without(3), 0, HEIGHT), 0, "three of fifteen rows");
});

t.test("a line that leaves the picture has no steps there", async (t) => {
  const line = lineOf(stepsAcross(curtain, WIDTH, HEIGHT), 20, 2);
  t.equal(line.rising.at(-1), 1, "the first row only");
});

t.test("a quick look takes no edge for none", async (t) => {
  const random = randomOf(7);
  let edges = 0;
  for (let i = 0; i < 400; i++) {
    const sign = i % 2 ? 1 : -1;
    const directions = Int8Array.from({ length: HEIGHT }, () => (random() < 0.88 ? sign : 0));
    const steps: Steps = { width: 1, height: HEIGHT, directions };
    if (edgeOf(lineOf(steps, 0, 0), 3, HEIGHT) !== sign) continue;
    edges++;
    if (!mayBeEdge(steps, 0, 0, 3, HEIGHT)) t.fail(`${directions}`);
  }
  t.ok(edges > 50 && edges < 350, `${edges} of 400 are edges`);
  t.equal(mayBeEdge(stepsAcross(curtain, WIDTH, HEIGHT), 5, 0, 0, HEIGHT), false, "where there is no step");
});
