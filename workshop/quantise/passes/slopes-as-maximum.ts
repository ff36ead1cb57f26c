import type { Graph, GraphNode } from "../../../models/onnx/graph.ts";
import { floatsOf, node } from "../graph-rewrites.ts";

/**
 * Writes each PRelu with slopes of at most 1 as what it is, the maximum of z and slope·z. On ARM onnxruntime computes these
 * two operators with half of the instructions of its PRelu.
 */
export function slopesAsMaximum(graph: Graph): Graph {
  return { ...graph, nodes: graph.nodes.flatMap((one) => maximumOf(graph, one) ?? [one]) };
}

function maximumOf(graph: Graph, one: GraphNode): readonly GraphNode[] | undefined {
  const [z = "", slopes = ""] = one.inputs;
  const [output = ""] = one.outputs;
  if (one.op !== "PRelu" || !floatsOf(graph, slopes)?.values.every((slope) => slope <= 1)) return undefined;
  const scaled = `${output}:scaled`;
  return [node("Mul", [z, slopes], scaled), node("Max", [z, scaled], output)];
}
