import { type Graph, type GraphNode, intOf } from "../../../models/onnx/graph.ts";
import { type FloatConstant, floatsOf, node, onlyConsumerOf, prune, withConstants } from "../graph-rewrites.ts";

/** y = gain·x + offset for each channel: a batch normalisation after training. */
interface Affine {
  readonly gain: Float64Array;
  readonly offset: Float64Array;
}

/**
 * Folds each batch normalisation into the matrix product before it (Gemm or MatMul with constant weights): the
 * weights of a channel take its gain, the bias its gain and offset.
 */
export function foldBatchNorm(graph: Graph): Graph {
  const found = graph.nodes.find((one) => one.op === "BatchNormalization" && matrixBefore(graph, one));
  return found ? foldBatchNorm(foldOne(graph, found)) : graph;
}

function matrixBefore(graph: Graph, norm: GraphNode): GraphNode | undefined {
  const matrix = graph.nodes.find(({ outputs }) => outputs[0] === norm.inputs[0]);
  if (!matrix || !["Gemm", "MatMul"].includes(matrix.op) || !floatsOf(graph, matrix.inputs[1])) return undefined;
  return onlyConsumerOf(graph, norm.inputs[0] ?? "") === norm ? matrix : undefined;
}

function foldOne(graph: Graph, norm: GraphNode): Graph {
  const matrix = matrixBefore(graph, norm) as GraphNode;
  const [output = ""] = norm.outputs;
  const { gain, offset } = affineOf(graph, norm);
  const transposed = intOf(matrix, "transB", 0);
  const weights = floatsOf(graph, matrix.inputs[1]) as FloatConstant;
  const bias = floatsOf(graph, matrix.inputs[2]);
  const columns = weights.shape[1] ?? 1;
  const channel = (i: number) => (transposed ? Math.floor(i / columns) : i % columns);
  const scaled = weights.values.map((value, i) => value * (gain[channel(i)] as number));
  const shifted = Float32Array.from(offset, (value, i) => value + (gain[i] as number) * (bias?.values[i] ?? 0));
  const names = { weights: `${output}:weights`, bias: `${output}:bias` };
  const constants = new Map([
    [names.weights, { shape: weights.shape, values: scaled }],
    [names.bias, { shape: [shifted.length], values: shifted }],
  ]);
  const attributes = transposed ? { transB: { kind: "int", value: 1 } as const } : {};
  const folded = node("Gemm", [matrix.inputs[0] ?? "", names.weights, names.bias], output, attributes);
  const nodes = graph.nodes.filter((one) => one !== matrix).map((one) => (one === norm ? folded : one));
  return prune(withConstants({ ...graph, nodes }, constants));
}

/** gain = scale / √(variance + ε), offset = shift − gain · mean. */
function affineOf(graph: Graph, norm: GraphNode): Affine {
  const [scale, shift, mean, variance] = norm.inputs.slice(1).map((name) => floatsOf(graph, name)?.values ?? []);
  const { epsilon } = norm.attributes;
  const least = epsilon?.kind === "float" ? epsilon.value : 1e-5;
  const gain = Float64Array.from(scale ?? [], (value, i) => value / Math.sqrt((variance?.[i] ?? 0) + least));
  const offset = gain.map((value, i) => (shift?.[i] ?? 0) - value * (mean?.[i] ?? 0));
  return { gain, offset };
}
