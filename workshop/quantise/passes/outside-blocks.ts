import { QuantiseError } from "../../../models/onnx/errors.ts";
import { type Graph, type GraphNode, intOf, intsOf } from "../../../models/onnx/graph.ts";
import { producerOf } from "../graph-rewrites.ts";

/**
 * The nodes of a network of depthwise blocks (MobileNet, Howard et al. 2017) that stay in floats, so that its outputs stay
 * precise: what stands before the first depthwise layer that halves the picture, the sums of two values, and, for each output,
 * the last convolution and what follows it. Between them are most of the channels, and so of the work. Throws QuantiseError
 * if no depthwise layer halves the picture.
 */
export function outsideBlocks(graph: Graph): ReadonlySet<GraphNode> {
  const first = graph.nodes.findIndex(halves);
  if (first < 0) throw new QuantiseError(`"${graph.name}" has no depthwise layer that halves the picture`);
  const sums = graph.nodes.filter(({ op }) => op === "Add");
  const heads = graph.outputs.flatMap(({ name }) => headOf(graph, name));
  return new Set([...graph.nodes.slice(0, first), ...sums, ...heads]);
}

/** Whether a node is a depthwise convolution with a stride. */
function halves(one: GraphNode): boolean {
  return one.op === "Conv" && intOf(one, "group", 1) > 1 && intsOf(one, "strides").some((stride) => stride > 1);
}

/** The nodes from the last convolutions to a value. */
function headOf(graph: Graph, value: string): readonly GraphNode[] {
  const one = producerOf(graph, value);
  if (!one) return [];
  return one.op === "Conv" ? [one] : [one, ...one.inputs.flatMap((input) => headOf(graph, input))];
}
