import type { Graph } from "../../../models/onnx/graph.ts";
import { prune } from "../graph-rewrites.ts";
import { type Exceptions, keepFloat, MICROSOFT, startDraft, toFloat } from "./draft.ts";
import type { Range } from "./integers.ts";
import { RULES } from "./quantise-rules.ts";

/**
 * Static quantisation in operator form. Activations are unsigned bytes with one scale; weights are signed bytes with a
 * scale for each output channel. Operators without a rule, and nodes that are excepted, compute in floats, between
 * conversions.
 */
export function quantise(source: Graph, ranges: ReadonlyMap<string, Range>, exceptions: Exceptions): Graph {
  const draft = startDraft(source, ranges, exceptions);
  for (const one of source.nodes) {
    if (draft.done.has(one)) continue;
    const applied = !draft.kept.has(one) && (RULES[one.op]?.(draft, one) ?? false);
    if (!applied) keepFloat(draft, one);
  }
  for (const { name } of source.outputs) toFloat(draft, name);
  return prune({
    ...source,
    opsets: { ...source.opsets, [MICROSOFT]: 1 },
    inputs: exceptions.input ? source.inputs.map((port) => ({ ...port, type: "uint8" })) : source.inputs,
    nodes: draft.nodes,
    constants: draft.constants,
  });
}
