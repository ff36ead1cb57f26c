import t from "tap";
import type { Morphs } from "../../../../workshop/quantise/people/morphs.ts";
import { newPerson, shapeOf } from "../../../../workshop/quantise/people/person.ts";
import { newScene, photograph } from "../../../../workshop/quantise/people/scene.ts";

const NAMES = [
  ...["nose/nose-hump-decr", "nose/nose-hump-incr", "eyes/l-eye-scale-decr", "eyes/l-eye-scale-incr"],
  ...["eyes/r-eye-scale-decr", "eyes/r-eye-scale-incr", "head/head-fat-decr", "head/head-fat-incr"],
  "macrodetails/universal-male-young-averagemuscle-averageweight",
];
const MORPHS: Morphs = { names: NAMES, ways: new Int16Array(0) };

t.test("one seed is one person and one scene, another is another", async (t) => {
  t.same(newPerson(3, MORPHS), newPerson(3, MORPHS));
  t.notSame(newPerson(3, MORPHS), newPerson(4, MORPHS));
  t.same(newScene(3), newScene(3));
  t.notSame(newScene(3), newScene(4));
});

t.test("of two opposites a person has one, the same on both sides; heads are not made fat", async (t) => {
  for (let seed = 0; seed < 50; seed++) {
    const { features } = newPerson(seed, MORPHS);
    const names = Object.keys(features).sort();
    t.equal(names.length, 3, names.join(" "));
    t.equal(features["eyes/l-eye-scale-incr"], features["eyes/r-eye-scale-incr"]);
    t.equal(features["eyes/l-eye-scale-decr"], features["eyes/r-eye-scale-decr"]);
    t.ok(Object.values(features).every((much) => much >= 0 && much <= 1));
  }
});

t.test("a group's shape is shared out between young and old", async (t) => {
  const person = { ...newPerson(1, MORPHS), sex: "male", age: 0.25, features: {} } as const;
  t.match(shapeOf(person, { asian: 1.5, caucasian: -0.5 }, MORPHS), {
    "macrodetails/asian-male-young": 1.125,
    "macrodetails/asian-male-old": 0.375,
    "macrodetails/caucasian-male-young": -0.375,
    "macrodetails/universal-male-young-averagemuscle-averageweight": 0.375,
  });
  const young = shapeOf({ ...person, age: 0 }, { asian: 1 }, MORPHS);
  t.notOk(Object.keys(young).some((name) => name.includes("-old")));
});

t.test("a photograph is noisy about what was drawn, the same each time", async (t) => {
  const grey = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(120) };
  const scene = { ...newScene(5), noise: 6 };
  const { data } = photograph(grey, scene);
  t.same(photograph(grey, scene).data, data);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  t.ok(Math.abs(mean - 119.5) < 1, `mean ${mean}`);
  t.ok(new Set(data).size > 10);
});
