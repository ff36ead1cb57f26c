import type { Graph } from "../../../models/onnx/graph.ts";
import { prune } from "../graph-rewrites.ts";
import { keepFloat, MICROSOFT, startDraft, toFloat } from "./draft.ts";
import type { ByteScale, Range } from "./integers.ts";
import { RULES } from "./quantise-rules.ts";

/**
 * Static quantisation in operator form. Activations are unsigned bytes with one scale; weights are signed bytes with a
 * scale for each output channel. `input` is the scale of the graph's input. Operators without a rule compute in floats,
 * between conversions.
 */
export function quantise(source: Graph, ranges: ReadonlyMap<string, Range>, input: ByteScale): Graph {
  const draft = startDraft(source, ranges, input);
  for (const one of source.nodes) {
    if (draft.done.has(one)) continue;
    const applied = RULES[one.op]?.(draft, one) ?? false;
    if (!applied) keepFloat(draft, one);
  }
  for (const { name } of source.outputs) toFloat(draft, name);
  return prune({
    ...source,
    opsets: { ...source.opsets, [MICROSOFT]: 1 },
    inputs: source.inputs.map((port) => ({ ...port, type: "uint8" })),
    nodes: draft.nodes,
    constants: draft.constants,
  });
}
