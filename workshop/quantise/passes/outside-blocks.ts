import { QuantiseError } from "../../../models/onnx/errors.ts";
import { type Graph, type GraphNode, intOf, intsOf } from "../../../models/onnx/graph.ts";
import { producerOf } from "../graph-rewrites.ts";

/**
 * The nodes of a network of depthwise blocks (MobileNet, Howard et al. 2017) that stay in floats, so that its outputs stay
 * precise: what the first depthwise layer that halves the picture depends on, the sums of two values, and, for each output, the
 * last convolution and what follows it. Most channels, and so most of the work, are between them. Throws QuantiseError if no
 * depthwise layer halves the picture.
 */
export function outsideBlocks(graph: Graph): ReadonlySet<GraphNode> {
  const first = graph.nodes.find(halves);
  if (!first) throw new QuantiseError(`"${graph.name}" has no depthwise layer that halves the picture`);
  const stem = first.inputs.flatMap((input) => behind(graph, input, () => false));
  const sums = graph.nodes.filter(({ op }) => op === "Add");
  const heads = graph.outputs.flatMap(({ name }) => behind(graph, name, ({ op }) => op === "Conv"));
  return new Set([...stem, ...sums, ...heads]);
}

/** Whether a node is a depthwise convolution with a stride. */
function halves(one: GraphNode): boolean {
  return one.op === "Conv" && intOf(one, "group", 1) > 1 && intsOf(one, "strides").some((stride) => stride > 1);
}

/** The nodes that a value depends on, up to and with those where the search stops. */
function behind(graph: Graph, value: string, stops: (one: GraphNode) => boolean): readonly GraphNode[] {
  const one = producerOf(graph, value);
  if (!one) return [];
  return stops(one) ? [one] : [one, ...one.inputs.flatMap((input) => behind(graph, input, stops))];
}
