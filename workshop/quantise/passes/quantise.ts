import type { Graph, GraphNode } from "../../../models/onnx/graph.ts";
import { prune } from "../graph-rewrites.ts";
import { keepFloat, MICROSOFT, startDraft, toFloat } from "./draft.ts";
import type { ByteScale, Range } from "./integers.ts";
import { RULES } from "./quantise-rules.ts";

/** What is not in bytes. */
export interface Exceptions {
  /** The scale of the graph's input in bytes; without it the input is floats. */
  readonly input?: ByteScale;
  /** Nodes that stay in floats. */
  readonly floats?: ReadonlySet<GraphNode>;
}

/**
 * Static quantisation in operator form. Activations are unsigned bytes with one scale; weights are signed bytes with a
 * scale for each output channel. Operators without a rule, and the nodes in `floats`, compute in floats, between
 * conversions.
 */
export function quantise(source: Graph, ranges: ReadonlyMap<string, Range>, { input, floats }: Exceptions): Graph {
  const draft = startDraft(source, ranges, input);
  for (const one of source.nodes) {
    if (draft.done.has(one)) continue;
    const applied = !floats?.has(one) && (RULES[one.op]?.(draft, one) ?? false);
    if (!applied) keepFloat(draft, one);
  }
  for (const { name } of source.outputs) toFloat(draft, name);
  return prune({
    ...source,
    opsets: { ...source.opsets, [MICROSOFT]: 1 },
    inputs: input ? source.inputs.map((port) => ({ ...port, type: "uint8" })) : source.inputs,
    nodes: draft.nodes,
    constants: draft.constants,
  });
}
