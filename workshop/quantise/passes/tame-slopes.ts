import { type Constant, type Graph, type GraphNode, intOf } from "../../../models/onnx/graph.ts";
import { type FloatConstant, floatsOf, onlyConsumerOf, producerOf, withConstants } from "../graph-rewrites.ts";

/**
 * Rewrites PRelus with slopes above 1, so that each is the maximum of z and slope·z. With z' = −z, PRelu(z) with slope
 * s is −s · PRelu(z') with slope 1/s: the convolution before takes the sign, the one after takes −s.
 */
export function tameSlopes(graph: Graph): Graph {
  return graph.nodes.filter(({ op }) => op === "PRelu").reduce(tame, graph);
}

function tame(graph: Graph, one: GraphNode): Graph {
  const slopes = floatsOf(graph, one.inputs[1]);
  const before = producerOf(graph, one.inputs[0] ?? "");
  const after = onlyConsumerOf(graph, one.outputs[0] ?? "");
  const steep = new Set(slopes ? [...slopes.values.keys()].filter((c) => (slopes.values[c] as number) > 1) : []);
  if (!slopes || steep.size === 0 || before?.op !== "Conv" || after?.op !== "Conv") return graph;
  if (onlyConsumerOf(graph, before.outputs[0] ?? "") !== one) return graph;
  const slopeOf = (c: number) => slopes.values[c] as number;
  const changed = new Map<string, Constant>();
  const scale = (name: string | undefined, axis: number, by: (c: number) => number) => {
    const constant = floatsOf(graph, name);
    if (constant && name !== undefined) changed.set(name, scaledAlong(constant, axis, by));
  };
  for (const name of before.inputs.slice(1)) scale(name, 0, (c) => (steep.has(c) ? -1 : 1));
  scale(one.inputs[1], 0, (c) => (steep.has(c) ? 1 / slopeOf(c) ** 2 : 1));
  const depthwise = intOf(after, "group", 1) > 1;
  scale(after.inputs[1], depthwise ? 0 : 1, (c) => (steep.has(c) ? -slopeOf(c) : 1));
  return withConstants(graph, changed);
}

/** A tensor whose slices along an axis are multiplied. */
export function scaledAlong(
  { shape, values }: FloatConstant,
  axis: number,
  by: (slice: number) => number,
): FloatConstant {
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const length = shape[axis] ?? 1;
  return { shape, values: values.map((value, i) => value * by(Math.floor(i / inner) % length)) };
}
