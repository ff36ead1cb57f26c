import t from "tap";
import { bend, readMorphs } from "../../../../workshop/quantise/people/morphs.ts";

const LIST = { targets: { "data/targets/nose/nose-up.target": [], "data/targets/chin/chin-out.target": [] } };

t.test("targets lie in the order of their paths, in thousandths", async (t) => {
  const ways = Int16Array.of(1000, 0, 0, 0, -500, 0);
  // One byte off, as a slice of a file may lie.
  const bytes = new Uint8Array(13);
  bytes.set(new Uint8Array(ways.buffer), 1);
  const morphs = readMorphs(LIST, bytes.subarray(1));
  t.same(morphs.names, ["chin/chin-out", "nose/nose-up"]);
  const body = Float32Array.of(1, 1, 1);
  t.same(bend(body, morphs, { "chin/chin-out": 0.5, "nose/nose-up": 2 }), Float32Array.of(1.5, 0, 1));
  t.same(body, Float32Array.of(1, 1, 1), "the body is left as it was");
  t.throws(() => bend(body, morphs, { "ears/ears-big": 1 }), { name: "RangeError", message: /ears-big/ });
});

t.test("what is no list is refused", async (t) => {
  t.throws(() => readMorphs([], new Uint8Array(0)), { name: "ZodError" });
});
