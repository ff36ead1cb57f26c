import * as tf from "@tensorflow/tfjs-core";
import { type Constant, type GraphNode, intOf, intsOf } from "../onnx/graph.ts";
import { ModelError } from "../pack/errors.ts";
import {
  alike,
  channelsLast,
  constantValue,
  inOrder,
  integersOf,
  type Keep,
  PLACES,
  plain,
  shapeOf,
  tensorOf,
  type Value,
  vector,
} from "./tfjs-values.ts";

/** A node of a graph that can be computed repeatedly. `keep` owns its weights. */
export type Compute = (inputs: readonly Value[]) => Value;
type Compile = (node: GraphNode, constants: ReadonlyMap<string, Constant>, keep: Keep) => Compute;
/** The supported operators: those that the float networks use. */
export const OPERATORS: Readonly<Record<string, Compile>> = {
  Conv: convolution,
  PRelu: (node, constants, keep) => {
    const slope = floats(constants, node, 1);
    const alpha = keep(tf.tensor1d(slope.values));
    return ([x]) => alike(x, tf.prelu(channelsLast(x), alpha), true);
  },
  BatchNormalization: batchNormalization,
  Gemm: fullyConnected,
  MatMul: () => pair((a, b) => tf.matMul(a, b)),
  Add: () => pair(tf.add),
  Sub: () => pair(tf.sub),
  Mul: () => pair(tf.mul),
  Div: () => pair(tf.div),
  Relu: () => each(tf.relu),
  Sigmoid: () => each(tf.sigmoid),
  Exp: () => each(tf.exp),
  GlobalAveragePool:
    () =>
    ([x]) =>
      alike(x, tf.mean(channelsLast(x), [1, 2], true), true),
  Softmax: softmax,
  Constant: (node, _, keep) => {
    const attribute = node.attributes["value"];
    if (attribute?.kind !== "tensor") throw unsupported(node, "a constant without a tensor");
    const value = constantValue(attribute.value, keep);
    return () => value;
  },
  Shape:
    () =>
    ([x]) =>
      vector(shapeOf(x)),
  Gather: (node) => (inputs) => {
    const [list, index] = inputs.map(integersOf);
    const at = index?.integers[0] ?? 0;
    const found = list?.integers[at < 0 ? at + list.integers.length : at];
    if (index?.shape.length !== 0 || found === undefined) throw unsupported(node, "anything but one number of a list");
    return { kind: "integers", shape: [], integers: [found] };
  },
  Unsqueeze:
    () =>
    ([x]) =>
      vector(integersOf(x).integers),
  Concat: (node) => (inputs) => {
    if (inputs.every(({ kind }) => kind === "integers")) return vector(inputs.flatMap((x) => integersOf(x).integers));
    const axis = intOf(node, "axis", 0);
    const tensors = inputs.map((x) => inOrder(tensorOf(x)));
    const last = inputs.every((x) => tensorOf(x).channelsLast);
    if (!last) return plain(tf.concat(tensors, axis));
    return { kind: "tensor", tensor: tf.concat(inputs.map(channelsLast), PLACES[axis]), channelsLast: true };
  },
  Reshape:
    () =>
    ([x, shape]) => {
      const tensor = inOrder(tensorOf(x));
      // ONNX: 0 keeps the size.
      return plain(
        tf.reshape(
          tensor,
          integersOf(shape).integers.map((size, i) => size || (tensor.shape[i] ?? 1)),
        ),
      );
    },
  Flatten:
    (node) =>
    ([x]) => {
      const tensor = inOrder(tensorOf(x));
      const before = tensor.shape.slice(0, intOf(node, "axis", 1)).reduce((product, size) => product * size, 1);
      return plain(tf.reshape(tensor, [before, -1]));
    },
  Transpose:
    (node) =>
    ([x]) => {
      const value = tensorOf(x);
      const order = intsOf(node, "perm").map((axis) => (value.channelsLast ? (PLACES[axis] ?? axis) : axis));
      return plain(order.every((axis, i) => axis === i) ? value.tensor : tf.transpose(value.tensor, order));
    },
  Slice: slice,
};

/** Operators that take their weights at load and get only their first input at run time. */
export const WEIGHTED: ReadonlySet<string> = new Set(["Conv", "PRelu", "BatchNormalization"]);

function convolution(node: GraphNode, constants: ReadonlyMap<string, Constant>, keep: Keep): Compute {
  const { shape, values } = floats(constants, node, 1);
  const [outputs = 0, inputs = 0, height = 0, width = 0] = shape;
  const group = intOf(node, "group", 1);
  const depthwise = inputs === 1 && group === outputs;
  if (shape.length !== 4 || (group !== 1 && !depthwise)) throw unsupported(node, "convolutions in groups");
  // ONNX: outputs, inputs, height, width. TensorFlow: height, width, inputs, outputs; depthwise the last is 1.
  const filter = keep(
    tf.tidy(() =>
      tf.transpose(tf.tensor4d(values, [outputs, inputs, height, width]), depthwise ? [2, 3, 0, 1] : [2, 3, 1, 0]),
    ),
  );
  const bias = node.inputs[2] ? keep(tf.tensor1d(floats(constants, node, 2).values)) : undefined;
  const two = (name: string): [number, number] => [intsOf(node, name)[0] ?? 1, intsOf(node, name)[1] ?? 1];
  const [pad = 0, ...others] = intsOf(node, "pads");
  if (others.some((other) => other !== pad)) throw unsupported(node, "uneven padding");
  const how = { filter, pad, strides: two("strides"), dilations: two("dilations"), ...(bias ? { bias } : {}) };
  const convolve = depthwise ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
  return ([x]) => alike(x, convolve({ x: channelsLast(x) as tf.Tensor4D, ...how }), true);
}

/** In inference it is a multiplication and an addition with factors that are known at load. */
function batchNormalization(node: GraphNode, constants: ReadonlyMap<string, Constant>, keep: Keep): Compute {
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((at) => floats(constants, node, at).values);
  const epsilon = floatOf(node, "epsilon", 1e-5);
  const factor = (scale ?? new Float32Array()).map((value, i) => value / Math.sqrt((variance?.[i] ?? 0) + epsilon));
  const offset = factor.map((value, i) => (shift?.[i] ?? 0) - (mean?.[i] ?? 0) * value);
  const [by, plus] = [keep(tf.tensor1d(factor)), keep(tf.tensor1d(offset))];
  return ([x]) => alike(x, tf.add(tf.mul(tensorOf(x).tensor, by), plus));
}

function fullyConnected(node: GraphNode): Compute {
  if (floatOf(node, "alpha", 1) !== 1 || floatOf(node, "beta", 1) !== 1) throw unsupported(node, "alpha and beta");
  const [turnA, turnB] = [intOf(node, "transA", 0) === 1, intOf(node, "transB", 0) === 1];
  return (inputs) => {
    const [a, b, bias] = inputs.map((x) => inOrder(tensorOf(x)));
    if (!a || !b) throw unsupported(node, "less than two inputs");
    const product = tf.matMul(a, b, turnA, turnB);
    return plain(bias ? tf.add(product, bias) : product);
  };
}

/** Before opset 13 softmax runs over all axes from `axis` on. For the last axis there is no difference. */
function softmax(node: GraphNode): Compute {
  const axis = intOf(node, "axis", 1);
  return ([x]) => {
    const tensor = inOrder(tensorOf(x));
    if (axis !== tensor.rank - 1) throw unsupported(node, "another axis than the last");
    return plain(tf.softmax(tensor));
  };
}

/** The form before opset 10: the bounds are attributes, and there are no steps. */
function slice(node: GraphNode): Compute {
  const [axes, starts, ends] = [intsOf(node, "axes"), intsOf(node, "starts"), intsOf(node, "ends")];
  if (axes.length === 0) throw unsupported(node, "bounds that are computed");
  return ([x]) => {
    const tensor = inOrder(tensorOf(x));
    const begin = tensor.shape.map(() => 0);
    const size = [...tensor.shape];
    for (const [i, axis] of axes.entries()) {
      const length = tensor.shape[axis] ?? 0;
      const bound = (value = 0) => Math.min(length, Math.max(0, value < 0 ? value + length : value));
      begin[axis] = bound(starts[i]);
      size[axis] = bound(ends[i]) - bound(starts[i]);
    }
    return plain(tf.slice(tensor, begin, size));
  };
}

function each(compute: (x: tf.Tensor) => tf.Tensor): Compute {
  return ([x]) => alike(x, compute(tensorOf(x).tensor));
}

/**
 * Two tensors in the same order are used as they are, and a scalar fits any order. Otherwise both are converted to
 * ONNX's order.
 */
function pair(compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Compute {
  return (inputs) => {
    const [a, b] = [tensorOf(inputs[0]), tensorOf(inputs[1])];
    const asTheyLie = a.channelsLast === b.channelsLast || a.tensor.rank === 0 || b.tensor.rank === 0;
    if (!asTheyLie) return plain(compute(inOrder(a), inOrder(b)));
    return { kind: "tensor", tensor: compute(a.tensor, b.tensor), channelsLast: a.channelsLast || b.channelsLast };
  };
}

function floats(constants: ReadonlyMap<string, Constant>, node: GraphNode, at: number) {
  const constant = constants.get(node.inputs[at] ?? "");
  if (constant?.values instanceof Float32Array) return { shape: constant.shape, values: constant.values };
  throw unsupported(node, "weights that are computed, or are no floats");
}

function floatOf(node: GraphNode, name: string, standard: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === "float" ? attribute.value : standard;
}

function unsupported(node: GraphNode, what: string): ModelError {
  return new ModelError("runtime_unsupported", `the tfjs runtime does not know ${what} (${node.op})`);
}
