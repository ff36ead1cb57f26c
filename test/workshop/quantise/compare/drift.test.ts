import t from "tap";
import type { Graph } from "../../../../models/onnx/graph.ts";
import { describeDrift, type Fedable, measureDrift, requireNear } from "../../../../workshop/quantise/compare/drift.ts";
import { withConstants } from "../../../../workshop/quantise/graph-rewrites.ts";
import { randomFloats } from "../../../../workshop/quantise/inputs/random.ts";
import { quantiseWeights } from "../../../../workshop/quantise/passes/quantise-weights.ts";
import { writeOnnx } from "../../../../workshop/quantise/write-onnx.ts";
import { block, random } from "../graphs.ts";

const shape = [1, 3, 8, 8];
const port = { input: "input", outputs: ["output"] };
const inputs = Array.from({ length: 6 }, (_, i) => randomFloats(i + 1, 192));
const fedable = (graph: Graph): Fedable => ({ bytes: writeOnnx(graph), feed: (values) => ({ shape, values }) });
const broken = withConstants(block(), new Map([["narrow.w", random(99, [8, 24, 1, 1], 0.5)]]));

for (const bound of [
  { unit: "cosine", mean: 0.001, worst: 0.002 },
  { unit: "deviation", mean: 0.02, worst: 0.04 },
] as const) {
  const measure = (graph: Graph, given = inputs) =>
    measureDrift(fedable(block()), fedable(graph), port, given, bound.unit);

  t.test(`a network that says the same is let pass, by ${bound.unit}`, async (t) => {
    const same = await measure(block());
    t.ok(same.worst < 1e-6 && same.inputs === 6, JSON.stringify(same));
    const near = await measure(quantiseWeights(block()));
    t.ok(near.mean > 0 && near.worst >= near.mean, JSON.stringify(near));
    t.doesNotThrow(() => requireNear("embedder", near, bound));
  });

  t.test(`a broken one is refused, with what, why and what next, by ${bound.unit}`, async (t) => {
    const far = await measure(broken);
    t.throws(() => requireNear("embedder", far, bound), {
      name: "QuantiseError",
      message: /^The quantised embedder is not used: .* on 6 inputs; at most .* Take back /,
    });
  });

  t.test(`one that says not-a-number, or was compared on nothing, is refused, by ${bound.unit}`, async (t) => {
    const { values } = random(8, [8, 24, 1, 1]);
    const sick = withConstants(
      block(),
      new Map([
        ["narrow.w", { shape: [8, 24, 1, 1], values: Float32Array.from(values as Float32Array, () => Number.NaN) }],
      ]),
    );
    for (const drift of [await measure(sick), await measure(block(), [])])
      t.throws(() => requireNear("embedder", drift, bound), { name: "QuantiseError" });
  });
}

t.test("drift is told in its unit", async (t) => {
  const drift = { inputs: 44, mean: 0.01, worst: 0.0225 };
  t.equal(
    describeDrift({ unit: "cosine", ...drift }),
    "cosine with the float original 0.990 in the mean, 0.978 at least, on 44 inputs",
  );
  t.match(describeDrift({ unit: "deviation", ...drift }), /^0\.0100 standard deviations .* 0\.0225 .* at worst/);
});
