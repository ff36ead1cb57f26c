import { QuantiseError } from "../../../models/onnx/errors.ts";
import { type GraphNode, intOf } from "../../../models/onnx/graph.ts";
import { floatsOf, node, onlyConsumerOf } from "../graph-rewrites.ts";
import { claimBytes, type Draft, MICROSOFT, scalar, scaleOf, setBytes, toBytesOf, toFloat } from "./draft.ts";
import { byteWeights, toBytes, wholeBias } from "./integers.ts";

/** Adds the byte form of a node to the draft; false if it has none and stays in floats. */
type Rule = (draft: Draft, one: GraphNode) => boolean;

/** The operators that can be computed on bytes. */
export const RULES: Readonly<Record<string, Rule>> = {
  Conv: convolution,
  PRelu: parametricRelu,
  Relu: rectifier,
  Add: (draft, one) => pairwise(draft, one, "QLinearAdd"),
  Mul: product,
  Concat: concatenation,
  GlobalAveragePool: averagePool,
  Transpose: rearrangement,
  Reshape: rearrangement,
  Flatten: rearrangement,
  Gemm: matrix,
};

/** The largest bias in 32 bits that leaves room for sums. */
const BIAS_LIMIT = 2 ** 30;

/** A following Relu costs nothing: the byte scale starts at zero. */
function convolution(draft: Draft, one: GraphNode): boolean {
  const [input = "", weightsName, biasName] = one.inputs;
  const weights = floatsOf(draft.source, weightsName);
  if (!weights) return false;
  const x = toBytesOf(draft, input);
  const y = claimBytes(draft, rectified(draft, one));
  const bias = floatsOf(draft.source, biasName)?.values ?? new Float32Array(weights.shape[0] ?? 0);
  const least = (c: number) => Math.abs(bias[c] as number) / (x.scale * BIAS_LIMIT);
  const { weights: bytes, scales } = byteWeights(weights, 0, least);
  const name = (part: string) => `${y.name}:${part}`;
  draft.constants.set(name("weights"), bytes);
  draft.constants.set(name("weights:scale"), { shape: [scales.length], values: scales });
  draft.constants.set(name("bias"), { shape: [bias.length], values: wholeBias(bias, x.scale, scales) });
  const none = scalar(draft, name("weights:zero"), Int8Array.of(0));
  const filter = [name("weights"), name("weights:scale"), none];
  const inputs = [x.name, ...scaleOf(draft, x), ...filter, ...scaleOf(draft, y), name("bias")];
  draft.nodes.push(node("QLinearConv", inputs, y.name, one.attributes));
  return true;
}

/** The output value: that of the following Relu if nothing else uses the node's own, and the Relu does not stay in floats. */
function rectified(draft: Draft, one: GraphNode): string {
  const [output = ""] = one.outputs;
  const next = onlyConsumerOf(draft.source, output);
  if (next?.op !== "Relu" || draft.floatNodes.has(next)) return output;
  draft.done.add(next);
  return next.outputs[0] ?? "";
}

/**
 * PRelu(z) = max(z, slope·z) for slopes of at most 1. onnxruntime has no PRelu on bytes; with these two the network
 * stays in bytes. Both sides of the maximum, and so the result, have z's scale.
 */
function parametricRelu(draft: Draft, one: GraphNode): boolean {
  const [input = "", slopesName] = one.inputs;
  const [output = ""] = one.outputs;
  const slopes = floatsOf(draft.source, slopesName);
  if (!slopes) return false;
  const most = slopes.values.reduce((largest, value) => Math.max(largest, value), 0);
  if (most > 1) throw new QuantiseError(`a PRelu of "${input}" has the slope ${most}: it must be at most 1`);
  const z = toBytesOf(draft, input);
  const { scale, zeroPoint, bytes } = toBytes(slopes.values);
  const factor = { name: `${output}:slopes`, scale, zeroPoint };
  draft.constants.set(factor.name, { shape: slopes.shape, values: bytes });
  const scaled = `${output}:scaled`;
  const inputs = [z.name, ...scaleOf(draft, z), factor.name, ...scaleOf(draft, factor), ...scaleOf(draft, z)];
  draft.nodes.push(node("QLinearMul", inputs, scaled, {}, MICROSOFT));
  draft.nodes.push(node("Max", [z.name, scaled], `${output}:u8`));
  setBytes(draft, output, { ...z, name: `${output}:u8` });
  return true;
}

/** A Relu that could not be merged, because something else uses its input. */
function rectifier(draft: Draft, one: GraphNode): boolean {
  const [input = ""] = one.inputs;
  const [output = ""] = one.outputs;
  const x = toBytesOf(draft, input);
  const zero = scalar(draft, `${x.name}:floor`, Uint8Array.of(x.zeroPoint));
  draft.nodes.push(node("Max", [x.name, zero], `${output}:u8`));
  setBytes(draft, output, { ...x, name: `${output}:u8` });
  return true;
}

function pairwise(draft: Draft, one: GraphNode, op: string): boolean {
  const [left = "", right = ""] = one.inputs;
  if ([left, right].some((name) => draft.source.constants.has(name))) return false;
  if (![left, right].every((name) => draft.bytes.has(name) || draft.ranges.has(name))) return false;
  const [a, b] = [toBytesOf(draft, left), toBytesOf(draft, right)];
  const y = claimBytes(draft, rectified(draft, one));
  const inputs = [a.name, ...scaleOf(draft, a), b.name, ...scaleOf(draft, b), ...scaleOf(draft, y)];
  draft.nodes.push(node(op, inputs, y.name, {}, MICROSOFT));
  return true;
}

/** A product with a positive number changes the scale, not the bytes. */
function product(draft: Draft, one: GraphNode): boolean {
  const [value = "", factorName] = one.inputs;
  const factor = floatsOf(draft.source, factorName);
  if (!factor) return pairwise(draft, one, "QLinearMul");
  const [by = 0] = factor.values;
  const bytes = draft.bytes.get(value);
  if (!bytes || factor.values.length !== 1 || by <= 0) return false;
  const renamed = `${one.outputs[0]}:u8`;
  draft.nodes.push(node("Identity", [bytes.name], renamed));
  setBytes(draft, one.outputs[0] ?? "", { ...bytes, name: renamed, scale: Math.fround(bytes.scale * by) });
  return true;
}

function concatenation(draft: Draft, one: GraphNode): boolean {
  if (!one.inputs.every((name) => draft.bytes.has(name)) || !draft.ranges.has(one.outputs[0] ?? "")) return false;
  const y = claimBytes(draft, one.outputs[0] ?? "");
  const parts = one.inputs.flatMap((name) => {
    const x = toBytesOf(draft, name);
    return [x.name, ...scaleOf(draft, x)];
  });
  draft.nodes.push(node("QLinearConcat", [...scaleOf(draft, y), ...parts], y.name, one.attributes, MICROSOFT));
  return true;
}

function averagePool(draft: Draft, one: GraphNode): boolean {
  const x = toBytesOf(draft, one.inputs[0] ?? "");
  const y = claimBytes(draft, one.outputs[0] ?? "");
  const inputs = [x.name, ...scaleOf(draft, x), ...scaleOf(draft, y)];
  const attributes = { channels_last: { kind: "int", value: 0 } as const };
  draft.nodes.push(node("QLinearGlobalAveragePool", inputs, y.name, attributes, MICROSOFT));
  return true;
}

/** Operators that only move values move bytes in the same way. */
function rearrangement(draft: Draft, one: GraphNode): boolean {
  const [input = "", ...rest] = one.inputs;
  const bytes = draft.bytes.get(input);
  if (!bytes) return false;
  const name = `${one.outputs[0]}:u8`;
  draft.nodes.push({ ...one, inputs: [bytes.name, ...rest.map((other) => toFloat(draft, other))], outputs: [name] });
  setBytes(draft, one.outputs[0] ?? "", { ...bytes, name });
  return true;
}

/** The last layers are small. Their weights are bytes and they compute in floats, so that scores stay precise. */
function matrix(draft: Draft, one: GraphNode): boolean {
  const [input = "", weightsName, biasName = ""] = one.inputs;
  const weights = floatsOf(draft.source, weightsName);
  if (!weights) return false;
  const axis = intOf(one, "transB", 0) === 1 ? 0 : 1;
  const { weights: bytes, scales } = byteWeights(weights, axis);
  const name = `${weightsName}:i8`;
  draft.constants.set(name, bytes);
  draft.constants.set(`${name}:scale`, { shape: [scales.length], values: scales });
  const attributes = { axis: { kind: "int", value: axis } as const };
  draft.nodes.push(node("DequantizeLinear", [name, `${name}:scale`], `${name}:float`, attributes));
  const inputs = [toFloat(draft, input), `${name}:float`, toFloat(draft, biasName)];
  draft.nodes.push({ ...one, inputs });
  for (const output of one.outputs) draft.floats.add(output);
  return true;
}
