import { type Constant, type Graph, type GraphNode, intOf } from "../../../models/onnx/graph.ts";
import { floatsOf, onlyConsumerOf, producerOf, withConstants } from "../graph-rewrites.ts";
import { scaledAlong } from "./tame-slopes.ts";

/** A convolution, its activation, and the only convolution that uses the result. */
interface Link {
  readonly before: GraphNode;
  readonly activation: GraphNode;
  readonly after: GraphNode;
}

/** The values whose channels can be scaled: activations between two convolutions. */
export function equalisableValues(graph: Graph): readonly string[] {
  return graph.nodes.flatMap((one) => (linkAt(graph, one) ? [one.inputs[0] ?? ""] : []));
}

/**
 * Scales the channels of a layer so that all use the full range of bytes. Relu and PRelu commute with positive factors:
 * the convolution before takes a factor, the one after its inverse, and the output is the same (cross-layer
 * equalisation, Nagel et al. 2019, section 4.1). `steps` has a step for each channel.
 */
export function equaliseChannels(graph: Graph, steps: ReadonlyMap<string, readonly number[]>): Graph {
  return graph.nodes.reduce((rewritten, one) => {
    const by = steps.get(one.inputs[0] ?? "")?.map((count) => 2 ** (count / STEPS_PER_OCTAVE));
    const link = by && linkAt(rewritten, one);
    return by && link ? scaleLink(rewritten, link, by) : rewritten;
  }, graph);
}

/** Factors are multiples of an eighth octave: short to write, and the same on each machine. */
const STEPS_PER_OCTAVE = 8;

/** The largest factor is 2⁴: a channel that is rarely used must not fill the range with noise. */
const LARGEST_STEPS = 4 * STEPS_PER_OCTAVE;

/**
 * The factor of each channel, as a power of 2^(1/8): up to the layer's largest channel if a depthwise convolution
 * follows, which has a weight scale for each channel; half of the way if the next layer mixes channels, because the
 * factor moves from activations to weights.
 */
export function chooseFactors(
  graph: Graph,
  magnitudes: ReadonlyMap<string, Float64Array>,
): ReadonlyMap<string, readonly number[]> {
  const links = graph.nodes.flatMap((one) => linkAt(graph, one) ?? []);
  return new Map(
    links.flatMap(({ activation, after }) => {
      const [value = ""] = activation.inputs;
      const sizes = magnitudes.get(value);
      if (!sizes) return [];
      const way = intOf(after, "group", 1) > 1 ? 1 : 0.5;
      const largest = Math.max(...sizes);
      return [[value, Array.from(sizes, (size) => stepsFor(largest / size, way))] as const];
    }),
  );
}

function stepsFor(ratio: number, way: number): number {
  if (!Number.isFinite(ratio)) return 0;
  return Math.min(LARGEST_STEPS, Math.round(STEPS_PER_OCTAVE * way * Math.log2(ratio)));
}

function linkAt(graph: Graph, activation: GraphNode): Link | undefined {
  if (activation.op !== "PRelu" && activation.op !== "Relu") return undefined;
  const [input = ""] = activation.inputs;
  const before = producerOf(graph, input);
  const after = onlyConsumerOf(graph, activation.outputs[0] ?? "");
  if (before?.op !== "Conv" || after?.op !== "Conv" || !onlyConsumerOf(graph, input)) return undefined;
  return { before, activation, after };
}

function scaleLink(graph: Graph, { before, after }: Link, by: readonly number[]): Graph {
  const changed = new Map<string, Constant>();
  const scale = (name: string | undefined, axis: number, factor: (c: number) => number) => {
    const constant = floatsOf(graph, name);
    if (constant && name !== undefined) changed.set(name, scaledAlong(constant, axis, factor));
  };
  for (const name of before.inputs.slice(1)) scale(name, 0, (c) => by[c] ?? 1);
  scale(after.inputs[1], intOf(after, "group", 1) > 1 ? 0 : 1, (c) => 1 / (by[c] ?? 1));
  return withConstants(graph, changed);
}
