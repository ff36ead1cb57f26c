import { type Graph, prune } from "../../../models/onnx/graph.ts";
import { keepFloat, MICROSOFT, startDraft, toFloat } from "./draft.ts";
import type { ByteScale, Range } from "./integers.ts";
import { RULES } from "./quantise-rules.ts";

/**
 * Static quantisation in operator form: activations are unsigned bytes with one scale, weights signed bytes with a
 * scale for each output channel, and what can be computed on bytes is. The graph's input becomes bytes, too: `input`
 * says what they stand for. What has no rule is computed in floats, with conversions around it.
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
