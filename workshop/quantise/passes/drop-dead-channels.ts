import { type Constant, type Graph, type GraphNode, intOf, intsOf } from "../../../models/onnx/graph.ts";
import { type FloatConstant, floatsOf, onlyConsumerOf, producerOf, withConstants } from "../graph-rewrites.ts";

/** A depthwise convolution between two that mix channels, with what stands between them. */
interface Block {
  readonly before: GraphNode;
  readonly activationBefore: GraphNode | undefined;
  readonly depthwise: GraphNode;
  readonly activationAfter: GraphNode | undefined;
  readonly after: GraphNode;
}

/** A channel with all weights below this share of the layer's largest is constant. */
const DEAD_BELOW = 1e-4;

/** Inference engines compute eight channels at a time, so fewer than eight removed channels save nothing. */
const LANE = 8;

/** The result of the pass, in words. */
export interface Dropped {
  readonly graph: Graph;
  readonly dropped: number;
  readonly total: number;
}

/**
 * Removes depthwise channels with zero weights. Such a channel is its bias for every image. Its contribution is added
 * to the bias of the next layer, and the channel is removed from the layer before, too.
 */
export function dropDeadChannels(graph: Graph): Dropped {
  let result: Dropped = { graph, dropped: 0, total: 0 };
  for (const depthwise of graph.nodes.filter(isDepthwise)) {
    const channels = intOf(depthwise, "group", 1);
    const block = blockAround(result.graph, depthwise);
    const keep = block ? channelsToKeep(result.graph, block) : undefined;
    const dropped = keep ? channels - keep.length : 0;
    const next = block && keep && dropped > 0 ? shrink(result.graph, block, keep) : result.graph;
    result = { graph: next, dropped: result.dropped + dropped, total: result.total + channels };
  }
  return result;
}

function isDepthwise(one: GraphNode): boolean {
  return one.op === "Conv" && intOf(one, "group", 1) > 1;
}

const isActivation = (one: GraphNode | undefined): boolean => one?.op === "Relu" || one?.op === "PRelu";

function blockAround(graph: Graph, found: GraphNode): Block | undefined {
  // A layer before may have been rewritten since the list was made. Outputs keep their names.
  const depthwise = producerOf(graph, outputOf(found));
  if (!depthwise) return undefined;
  const above = producerOf(graph, depthwise.inputs[0] ?? "");
  const activationBefore = isActivation(above) ? above : undefined;
  const before = activationBefore ? producerOf(graph, activationBefore.inputs[0] ?? "") : above;
  const below = onlyConsumerOf(graph, outputOf(depthwise));
  const activationAfter = isActivation(below) ? below : undefined;
  const after = behindFlattening(graph, activationAfter ? onlyConsumerOf(graph, outputOf(activationAfter)) : below);
  if (before?.op !== "Conv" || !after || !mixesAll(graph, after, intOf(depthwise, "group", 1))) return undefined;
  const alone = [before, ...(activationBefore ? [activationBefore] : [])];
  if (!alone.every((one) => onlyConsumerOf(graph, outputOf(one)))) return undefined;
  return { before, activationBefore, depthwise, activationAfter, after };
}

const outputOf = (one: GraphNode): string => one.outputs[0] ?? "";

function behindFlattening(graph: Graph, one: GraphNode | undefined): GraphNode | undefined {
  return one && isFlattening(graph, one) ? onlyConsumerOf(graph, outputOf(one)) : one;
}

/** Flatten, or a Reshape that leaves the number of channels open. */
function isFlattening(graph: Graph, one: GraphNode): boolean {
  if (one.op === "Flatten") return true;
  const target = graph.constants.get(one.inputs[1] ?? "")?.values;
  return one.op === "Reshape" && target instanceof BigInt64Array && target.includes(-1n);
}

/** Whether a layer uses all channels in the same way at each position, without padding. */
function mixesAll(graph: Graph, one: GraphNode, channels: number): boolean {
  const weights = floatsOf(graph, one.inputs[1]);
  if (!weights || !floatsOf(graph, one.inputs[2]) || !["Conv", "Gemm"].includes(one.op)) return false;
  const takes = weights.shape[inputAxis(one)];
  return takes === channels && intOf(one, "group", 1) === 1 && intsOf(one, "pads").every((pad) => pad === 0);
}

/** The axis of a layer's input channels in its weights. */
function inputAxis(one: GraphNode): 0 | 1 {
  return one.op === "Gemm" && intOf(one, "transB", 0) === 0 ? 0 : 1;
}

/** All used channels, and as many unused ones as fill the last eight. */
function channelsToKeep(graph: Graph, { depthwise }: Block): readonly number[] | undefined {
  const weights = floatsOf(graph, depthwise.inputs[1]);
  if (!weights) return undefined;
  const [channels = 0] = weights.shape;
  const size = weights.values.length / channels;
  const largest = Array.from({ length: channels }, (_, c) =>
    weights.values.subarray(c * size, (c + 1) * size).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  );
  const bound = DEAD_BELOW * Math.max(...largest);
  const all = largest.map((_, c) => c);
  const dead = all.filter((c) => (largest[c] as number) <= bound);
  const surplus = Math.min(dead.length, channels - Math.ceil((channels - dead.length) / LANE) * LANE);
  const gone = new Set(dead.slice(dead.length - Math.max(0, surplus)));
  return all.filter((c) => !gone.has(c));
}

function shrink(graph: Graph, block: Block, keep: readonly number[]): Graph {
  const { before, activationBefore, depthwise, activationAfter, after } = block;
  const changed = new Map<string, Constant>();
  const select = (name: string | undefined, axis: number) => {
    const constant = floatsOf(graph, name);
    if (name !== undefined && constant) changed.set(name, selectAlong(constant, axis, keep));
  };
  changed.set(after.inputs[2] ?? "", biasWithDead(graph, block, keep));
  select(after.inputs[1], inputAxis(after));
  for (const name of [...before.inputs.slice(1), ...depthwise.inputs.slice(1)]) select(name, 0);
  for (const one of [activationBefore, activationAfter]) if (one?.op === "PRelu") select(one.inputs[1], 0);
  const group = { kind: "int", value: keep.length } as const;
  const nodes = graph.nodes.map((one) =>
    one === depthwise ? { ...one, attributes: { ...one.attributes, group } } : one,
  );
  return withConstants({ ...graph, nodes }, changed);
}

/** The bias of the next layer plus the constant contribution of the removed channels. */
function biasWithDead(graph: Graph, block: Block, keep: readonly number[]): FloatConstant {
  const { depthwise, activationAfter, after } = block;
  const constant = floatsOf(graph, depthwise.inputs[2])?.values ?? new Float32Array(intOf(depthwise, "group", 1));
  const slopes = activationAfter?.op === "PRelu" ? floatsOf(graph, activationAfter.inputs[1])?.values : undefined;
  const kept = new Set(keep);
  const weights = floatsOf(graph, after.inputs[1]) as FloatConstant;
  const bias = floatsOf(graph, after.inputs[2]) as FloatConstant;
  const sums = Float64Array.from(bias.values);
  for (const [c, value] of constant.entries()) {
    if (kept.has(c)) continue;
    const negative = activationAfter ? value * (slopes?.[c] ?? 0) : value;
    const said = value > 0 ? value : negative;
    for (let o = 0; o < sums.length; o++) sums[o] = (sums[o] as number) + said * weightSum(after, weights, o, c);
  }
  return { shape: bias.shape, values: Float32Array.from(sums) };
}

/** The sum of a layer's weights from one input channel to one output channel. */
function weightSum(one: GraphNode, { shape, values }: FloatConstant, output: number, input: number): number {
  if (inputAxis(one) === 0) return values[input * (shape[1] ?? 1) + output] as number;
  const inputs = shape[1] ?? 1;
  const size = values.length / ((shape[0] ?? 1) * inputs);
  const at = (output * inputs + input) * size;
  return values.subarray(at, at + size).reduce((sum, value) => sum + value, 0);
}

/** The slices of a tensor at some places along an axis. */
function selectAlong({ shape, values }: FloatConstant, axis: number, keep: readonly number[]): FloatConstant {
  const length = shape[axis] ?? 1;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const outer = values.length / (length * inner);
  const out = new Float32Array(outer * keep.length * inner);
  for (let o = 0; o < outer; o++) {
    for (const [i, c] of keep.entries()) {
      const from = (o * length + c) * inner;
      out.set(values.subarray(from, from + inner), (o * keep.length + i) * inner);
    }
  }
  return { shape: shape.map((size, i) => (i === axis ? keep.length : size)), values: out };
}
