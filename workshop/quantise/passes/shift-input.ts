import { floatsOf, type Graph, withConstants } from "../../../models/onnx/graph.ts";

/**
 * Makes a graph take x where it took x + `shift`: the first convolution's bias takes the difference. A mean of 127.5
 * is no byte; with 128 as zero point the bytes 0…255 go in as they are. Exact but for the outermost pixels, whose
 * padding now counts as `shift` instead of zero.
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
