import type { Graph } from "../../../models/onnx/graph.ts";
import { floatsOf, withConstants } from "../graph-rewrites.ts";

/**
 * Changes a graph to take x in place of x + `shift`; the bias of the first convolution compensates. A mean of 127.5 is
 * not a byte; with zero point 128 the bytes 0…255 are used directly. Exact except at the border, where padding counts
 * as `shift` instead of zero.
 */
export function shiftInput(graph: Graph, shift: number): Graph {
  const [port] = graph.inputs;
  const first = graph.nodes.find(({ inputs }) => inputs[0] === port?.name);
  const weights = floatsOf(graph, first?.inputs[1]);
  const bias = floatsOf(graph, first?.inputs[2]);
  if (shift === 0 || !first || !weights || !bias) return graph;
  const size = weights.values.length / bias.values.length;
  const values = bias.values.map((value, c) => {
    const sum = weights.values.subarray(c * size, (c + 1) * size).reduce((total, weight) => total + weight, 0);
    return value + shift * sum;
  });
  return withConstants(graph, new Map([[first.inputs[2] ?? "", { shape: bias.shape, values }]]));
}
