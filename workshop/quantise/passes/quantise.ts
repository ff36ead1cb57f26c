import type { Graph } from "../../../models/onnx/graph.ts";
import { prune } from "../graph-rewrites.ts";
import { keepFloat, MICROSOFT, type QuantiseLimits, startDraft, toFloat } from "./draft.ts";
import type { Range } from "./integers.ts";
import { RULES } from "./quantise-rules.ts";

/**
 * Static quantisation in operator form. Activations are unsigned bytes with one scale; weights are signed bytes with a
 * scale for each output channel. Operators without a rule, and the limits' `floatNodes`, compute in floats, between
 * conversions.
 */
export function quantise(source: Graph, ranges: ReadonlyMap<string, Range>, limits: QuantiseLimits): Graph {
  const draft = startDraft(source, ranges, limits);
  for (const one of source.nodes) {
    if (draft.done.has(one)) continue;
    const applied = !draft.floatNodes.has(one) && (RULES[one.op]?.(draft, one) ?? false);
    if (!applied) keepFloat(draft, one);
  }
  for (const { name } of source.outputs) toFloat(draft, name);
  return prune({
    ...source,
    opsets: { ...source.opsets, [MICROSOFT]: 1 },
    inputs: limits.input ? source.inputs.map((port) => ({ ...port, type: "uint8" })) : source.inputs,
    nodes: draft.nodes,
    constants: draft.constants,
  });
}
