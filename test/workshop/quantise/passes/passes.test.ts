import t from "tap";
import type { QuantiseError } from "../../../../models/onnx/errors.ts";
import { type Graph, intOf } from "../../../../models/onnx/graph.ts";
import { distance, requireSame } from "../../../../workshop/quantise/compare/equivalence.ts";
import { evaluate } from "../../../../workshop/quantise/compare/evaluator.ts";
import { node } from "../../../../workshop/quantise/graph-rewrites.ts";
import { calibrate } from "../../../../workshop/quantise/inputs/calibrate.ts";
import { randomFloats } from "../../../../workshop/quantise/inputs/random.ts";
import { dropDeadChannels } from "../../../../workshop/quantise/passes/drop-dead-channels.ts";
import {
  chooseFactors,
  equalisableValues,
  equaliseChannels,
} from "../../../../workshop/quantise/passes/equalise-channels.ts";
import { foldBatchNorm } from "../../../../workshop/quantise/passes/fold-batch-norm.ts";
import { foldConstants } from "../../../../workshop/quantise/passes/fold-constants.ts";
import { outsideBlocks } from "../../../../workshop/quantise/passes/outside-blocks.ts";
import { quantise } from "../../../../workshop/quantise/passes/quantise.ts";
import { quantiseWeights } from "../../../../workshop/quantise/passes/quantise-weights.ts";
import { shiftInput } from "../../../../workshop/quantise/passes/shift-input.ts";
import { slopesAsMaximum } from "../../../../workshop/quantise/passes/slopes-as-maximum.ts";
import { tameSlopes } from "../../../../workshop/quantise/passes/tame-slopes.ts";
import { upgradeOpset } from "../../../../workshop/quantise/passes/upgrade-opset.ts";
import { block, convolution, random } from "../graphs.ts";

const zeros = new Map([["input", { shape: [1, 3, 8, 8], values: new Float32Array(192) }]]);
const channelsOf = (graph: Graph) => graph.constants.get("deep.w")?.shape[0];

t.test("dead channels go away, as many as leave a multiple of eight, and nothing changes", async (t) => {
  const graph = block([0, 3, 4, 9, 10, 11, 17, 20, 23]);
  const { graph: slim, dropped, total } = dropDeadChannels(graph);
  t.equal(dropped, 8, "15 live channels need 16 places");
  t.equal(total, 24);
  t.equal(channelsOf(slim), 16);
  t.equal(slim.constants.get("wide.w")?.shape[0], 16, "in the layer before, too");
  t.equal(slim.constants.get("narrow.w")?.shape[1], 16, "and in the layer after");
  t.ok((await distance(graph, slim, evaluate)) < 1e-5);
});

t.test("where too few channels are dead nothing is touched", async (t) => {
  const graph = block([1, 2]);
  t.equal(dropDeadChannels(graph).dropped, 0);
});

t.test("a slope above 1 becomes one below, and nothing changes", async (t) => {
  const graph = block([], true);
  const tamed = tameSlopes(graph);
  const slopes = tamed.constants.get("s1")?.values as Float32Array;
  t.ok(Math.max(...slopes) <= 1);
  t.ok((await distance(graph, tamed, evaluate)) < 1e-5);
});

t.test("equalised channels say the same together", async (t) => {
  const graph = block();
  t.same(equalisableValues(graph), ["wide", "deep"]);
  const sizes = Float64Array.from({ length: 24 }, (_, c) => 1 / (c + 1));
  const steps = chooseFactors(graph, new Map([["wide", sizes]]));
  t.equal(steps.get("wide")?.[0], 0, "the largest channel stays");
  t.equal(steps.get("wide")?.[1], 8, "half as large: one octave");
  t.equal(steps.get("wide")?.[23], 32, "no more than four octaves");
  const equal = equaliseChannels(graph, steps);
  t.notSame(equal.constants.get("wide.w"), graph.constants.get("wide.w"));
  t.ok((await distance(graph, equal, evaluate)) < 1e-5);
});

t.test("shape arithmetic and constants are computed once and for all", async (t) => {
  const graph: Graph = {
    ...block(),
    outputs: [{ name: "flat", type: "float32", shape: [1, 512] }],
    nodes: [
      ...block().nodes,
      node("Shape", ["output"], "shape"),
      node("Constant", [], "first", { value: { kind: "tensor", value: { shape: [], values: BigInt64Array.of(0n) } } }),
      node("Gather", ["shape", "first"], "batch", { axis: { kind: "int", value: 0 } }),
      node("Unsqueeze", ["batch", "axis"], "batches"),
      node("Concat", ["batches", "rest"], "target", { axis: { kind: "int", value: 0 } }),
      node("Reshape", ["output", "target"], "flat"),
    ],
    constants: new Map([
      ...block().constants,
      ["axis", { shape: [1], values: BigInt64Array.of(0n) }],
      ["rest", { shape: [1], values: BigInt64Array.of(-1n) }],
    ]),
  };
  const folded = await foldConstants(graph, (one) => evaluate(one, zeros));
  t.same(
    folded.nodes.map(({ op }) => op),
    [...block().nodes.map(({ op }) => op), "Reshape"],
  );
  t.equal(await distance(graph, folded, evaluate), 0);
});

t.test("batch normalisation becomes part of the product before it", async (t) => {
  for (const op of ["Gemm", "MatMul"] as const) {
    const statistics = ["scale", "shift", "mean", "variance"];
    const graph: Graph = {
      name: op,
      opsets: { "": 9 },
      inputs: [{ name: "input", type: "float32", shape: [1, 16] }],
      outputs: [{ name: "output", type: "float32", shape: [1, 4] }],
      nodes: [
        op === "Gemm"
          ? node("Gemm", ["input", "w", "b"], "product", { transB: { kind: "int", value: 1 } })
          : node("MatMul", ["input", "w"], "product"),
        node("BatchNormalization", ["product", ...statistics], "output", { epsilon: { kind: "float", value: 1e-3 } }),
      ],
      constants: new Map([
        ["w", random(1, op === "Gemm" ? [4, 16] : [16, 4])],
        ["b", random(2, [4])],
        ...statistics.map((name, i) => [name, random(i + 3, [4])] as const),
        ["variance", { shape: [4], values: Float32Array.of(0.5, 1, 2, 3) }],
      ]),
    };
    const folded = foldBatchNorm(graph);
    t.same(
      folded.nodes.map((one) => one.op),
      ["Gemm"],
    );
    t.ok((await distance(graph, folded, evaluate)) < 1e-5, op);
  }
});

t.test("Slice is written as newer operator sets want it", async (t) => {
  const slice = { starts: [1], ends: [Number.MAX_SAFE_INTEGER], axes: [1] };
  const attributes = Object.fromEntries(
    Object.entries(slice).map(([name, value]) => [name, { kind: "ints", value } as const]),
  );
  const graph: Graph = {
    name: "slice",
    opsets: { "": 9 },
    constants: new Map(),
    inputs: [{ name: "input", type: "float32", shape: [1, 4] }],
    outputs: [{ name: "output", type: "float32", shape: [1, 3] }],
    nodes: [node("Slice", ["input"], "output", attributes)],
  };
  const upgraded = upgradeOpset(graph);
  t.equal(upgraded.opsets[""], 13);
  t.equal(await distance(graph, upgraded, evaluate), 0);
});

t.test("a graph in integers says nearly the same, with integers all the way", async (t) => {
  const graph = block();
  const inputs = Array.from({ length: 20 }, (_, i) => randomFloats(i + 50, 192));
  const ranges = await calibrate(graph, inputs, { tail: 0 });
  const bytes = quantise(graph, ranges, { input: { scale: 1 / 128, zeroPoint: 128 } });
  t.same([...new Set(bytes.nodes.map(({ op }) => op))].sort(), [
    "DequantizeLinear",
    "Max",
    "QLinearAdd",
    "QLinearConv",
    "QLinearMul",
  ]);
  let [apart, size] = [0, 0];
  for (const input of inputs) {
    const pixels = Uint8Array.from(input, (value) => Math.round(value * 127 + 128));
    const exact = Float32Array.from(pixels, (value) => (value - 128) / 128);
    const shape = [1, 3, 8, 8];
    const wanted = (await evaluate(graph, new Map([["input", { shape, values: exact }]]))).get("output")?.values;
    const given = (await evaluate(bytes, new Map([["input", { shape, values: pixels }]]))).get("output")?.values;
    wanted?.forEach((value, i) => {
      apart += (Number(value) - Number(given?.[i])) ** 2;
      size += Number(value) ** 2;
    });
  }
  t.ok(Math.sqrt(apart / size) < 0.03, `relative error ${Math.sqrt(apart / size).toFixed(4)}`);
});

/** A network of one block and a branch beside it, both added: the branch is used in bytes, too, by a second head. */
function network(): Graph {
  const [stem, first, deep, second, narrow] = block().nodes;
  if (!stem || !first || !deep || !second || !narrow) throw new Error("a block has five nodes and more");
  const strides = { kind: "ints", value: [2, 2] } as const;
  const halving = { ...deep, attributes: { ...deep.attributes, strides } };
  const beside = { ...convolution("p1", "beside"), attributes: { ...narrow.attributes, strides } };
  return {
    ...block(),
    outputs: [{ name: "head", type: "float32", shape: [1, 4, 4, 4] }],
    nodes: [
      ...[stem, first, halving, second, narrow, beside, node("Relu", ["beside"], "r")],
      ...[node("Add", ["narrow", "r"], "sum"), convolution("r", "used"), node("Add", ["sum", "used"], "all")],
      convolution("all", "head"),
    ],
    constants: new Map([
      ...block().constants,
      ...[
        ["beside", 24],
        ["used", 8],
        ["head", 8],
      ].flatMap(([name, from], i) => [
        [`${name}.w`, random(20 + i, [name === "head" ? 4 : 8, Number(from), 1, 1], 0.5)] as const,
        [`${name}.b`, random(30 + i, [name === "head" ? 4 : 8])] as const,
      ]),
    ]),
  };
}

const rangesOf = (graph: Graph) =>
  calibrate(
    graph,
    Array.from({ length: 20 }, (_, i) => randomFloats(i + 50, 192)),
    { tail: 0 },
  );

t.test("only the block is in integers: what is before it, the sums and the head stay in floats", async (t) => {
  const graph = network();
  const mixed = quantise(graph, await rangesOf(graph), { floatNodes: outsideBlocks(graph) });
  t.same(
    mixed.nodes.map(({ op }) => op),
    [
      ...["Conv", "PRelu", "QuantizeLinear"],
      ...["QLinearConv", "QLinearMul", "Max", "QLinearConv"],
      ...["QLinearConv", "DequantizeLinear", "DequantizeLinear", "Add"],
      ...["QLinearConv", "DequantizeLinear", "Add", "Conv"],
    ],
  );
  t.equal(mixed.inputs[0]?.type, "float32");
  t.ok((await distance(graph, mixed, evaluate)) < 0.05);
});

t.test("layers count as before the block because it depends on them, wherever they stand", async (t) => {
  const graph = network();
  const strides = { kind: "ints", value: [2, 2] } as const;
  const [stem, ...others] = graph.nodes.map((one) => ({ ...one, attributes: { ...one.attributes, strides } }));
  if (!stem) throw new Error("a network has a stem");
  const apart = { ...graph, nodes: [node("Abs", ["input"], "apart"), stem, ...others] };
  const names = [...outsideBlocks(apart)].map(({ outputs }) => outputs[0]);
  t.same(names.sort(), ["all", "head", "p1", "sum", "wide"]);
});

t.test("a Relu that stays in floats is not merged into the bytes before it", async (t) => {
  const graph = network();
  const floatNodes = new Set(graph.nodes.filter(({ op }) => op === "Relu"));
  const mixed = quantise(graph, await rangesOf(graph), { input: { scale: 1 / 128, zeroPoint: 128 }, floatNodes });
  t.equal(mixed.nodes.filter(({ op }) => op === "Relu").length, 1);
  t.equal(mixed.inputs[0]?.type, "uint8");
});

t.test("an input is in bytes or in floats, and is converted for who needs the other", async (t) => {
  const graph: Graph = { ...block(), nodes: [node("Abs", ["input"], "output")], constants: new Map() };
  const bytes = quantise(graph, new Map(), { input: { scale: 1 / 128, zeroPoint: 128 } });
  t.same(
    bytes.nodes.map(({ op }) => op),
    ["DequantizeLinear", "Abs"],
  );
  t.throws(() => quantise(block(), new Map(), {}), { name: "QuantiseError", message: /no range of "input"/ });
});

t.test("a network without blocks cannot have them in integers", async (t) => {
  t.throws(() => outsideBlocks(block()), { name: "QuantiseError" } satisfies Partial<QuantiseError>);
});

t.test("a PRelu is written as a maximum, but for slopes above 1, and nothing changes", async (t) => {
  const rewritten = slopesAsMaximum(block());
  t.same(
    rewritten.nodes.map(({ op }) => op),
    ["Conv", "Mul", "Max", "Conv", "Mul", "Max", "Conv", "Conv", "Add"],
  );
  t.equal(await distance(block(), rewritten, evaluate), 0);
  const sloped = (slope: number): Graph => {
    const slopes = { shape: [24, 1, 1], values: new Float32Array(24).fill(slope) };
    return { ...block(), constants: new Map([...block().constants, ["s1", slopes]]) };
  };
  for (const [slope, kept] of [
    [1, 0],
    [1.01, 1],
    [-2, 0],
  ] as const) {
    const graph = sloped(slope);
    t.equal(slopesAsMaximum(graph).nodes.filter(({ op }) => op === "PRelu").length, kept, `slope ${slope}`);
    t.equal(await distance(graph, slopesAsMaximum(graph), evaluate), 0, `slope ${slope}`);
  }
});

t.test("weights as bytes change little, and are a quarter as large", async (t) => {
  const graph = block();
  const stored = quantiseWeights(graph);
  t.ok(stored.constants.get("deep.w:i8")?.values instanceof Int8Array);
  t.notOk(stored.constants.has("deep.w"), "the floats are gone");
  t.ok((await distance(graph, stored, evaluate)) < 0.03);
});

t.test("an input's mean that is no byte goes into the first bias", async (t) => {
  const graph = { ...block(), nodes: block().nodes.filter(({ outputs }) => outputs[0] !== "short") };
  const one: Graph = { ...graph, nodes: graph.nodes.slice(0, 1), outputs: [{ name: "wide" }] };
  const input = randomFloats(1, 192);
  const feed = (values: Float32Array) => new Map([["input", { shape: [1, 3, 8, 8], values }]]);
  const wanted = (await evaluate(one, feed(input.map((value) => value + 0.25)))).get("wide")?.values as Float32Array;
  const given = (await evaluate(shiftInput(one, 0.25), feed(input))).get("wide")?.values as Float32Array;
  t.ok(wanted.every((value, i) => Math.abs(value - (given[i] as number)) < 1e-5));
});

t.test("a rewrite that changes the meaning is refused", async (t) => {
  const graph = block();
  const wrong = { ...graph, constants: new Map([...graph.constants, ["narrow.b", random(99, [8])]]) };
  await t.rejects(requireSame(graph, wrong, evaluate), { name: "QuantiseError" } satisfies Partial<QuantiseError>);
  t.equal(intOf(graph.nodes[2] ?? node("", [], ""), "group", 1), 24);
});
