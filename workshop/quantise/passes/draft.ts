import { QuantiseError } from "../../../models/onnx/errors.ts";
import type { Constant, Graph, GraphNode } from "../../../models/onnx/graph.ts";
import { node } from "../graph-rewrites.ts";
import { type ByteScale, byteScale, type Range } from "./integers.ts";

/** The result of the pass so far. Values exist as floats under their own name, as bytes under "name:u8", or both. */
export interface Draft {
  readonly source: Graph;
  readonly ranges: ReadonlyMap<string, Range>;
  readonly nodes: GraphNode[];
  readonly constants: Map<string, Constant>;
  readonly bytes: Map<string, Bytes>;
  readonly floats: Set<string>;
  /** Nodes of the source that stay in floats. */
  readonly floatNodes: ReadonlySet<GraphNode>;
  /** Nodes of the source that are part of another node now. */
  readonly done: Set<GraphNode>;
}

/** A value in bytes: the tensor's name and its scale. */
export interface Bytes extends ByteScale {
  readonly name: string;
}

/** onnxruntime's own operators on bytes (QLinearAdd, QLinearMul, QLinearConcat, …). */
export const MICROSOFT = "com.microsoft";

export interface QuantiseLimits {
  /** The scale of the graph's input in bytes. Without it the input is floats. */
  readonly input?: ByteScale;
  /** Nodes of the source that stay in floats. */
  readonly floatNodes?: ReadonlySet<GraphNode>;
}

/** A draft in which only the inputs exist, in bytes if they have a scale. */
export function startDraft(
  source: Graph,
  ranges: ReadonlyMap<string, Range>,
  { input, floatNodes = new Set() }: QuantiseLimits,
): Draft {
  const inputs = source.inputs.map(({ name }) => name);
  return {
    source,
    ranges,
    nodes: [],
    constants: new Map(),
    bytes: new Map(input ? inputs.map((name) => [name, { name, ...input }]) : []),
    floats: new Set(input ? [] : inputs),
    floatNodes,
    done: new Set(),
  };
}

/** Leaves a node as it is, with its inputs as floats. */
export function keepFloat(draft: Draft, one: GraphNode): void {
  const inputs = one.inputs.map((name) => toFloat(draft, name));
  draft.nodes.push({ ...one, inputs });
  for (const name of one.outputs) draft.floats.add(name);
}

/** The name of a value as floats; converts it where it exists in bytes only. */
export function toFloat(draft: Draft, value: string): string {
  const constant = draft.source.constants.get(value);
  if (constant) draft.constants.set(value, constant);
  if (value === "" || constant || draft.floats.has(value)) return value;
  const bytes = draft.bytes.get(value);
  if (!bytes) throw new QuantiseError(`"${value}" is used before it is made`);
  draft.nodes.push(node("DequantizeLinear", [bytes.name, ...scaleOf(draft, bytes)], value));
  draft.floats.add(value);
  return value;
}

/** A value in bytes; converts it where it exists as floats only. */
export function toBytesOf(draft: Draft, value: string): Bytes {
  const known = draft.bytes.get(value);
  if (known) return known;
  const made = claimBytes(draft, value);
  draft.nodes.push(node("QuantizeLinear", [value, ...scaleOf(draft, made)], made.name));
  return made;
}

/** Declares that a value will exist in bytes, with its measured range. The caller adds the node. */
export function claimBytes(draft: Draft, value: string): Bytes {
  const range = draft.ranges.get(value);
  if (!range) throw new QuantiseError(`no range of "${value}" was measured`);
  return setBytes(draft, value, { name: `${value}:u8`, ...byteScale(range) });
}

export function setBytes(draft: Draft, value: string, bytes: Bytes): Bytes {
  draft.bytes.set(value, bytes);
  return bytes;
}

/** The names of two constants with a value's scale and zero point, as all these operators want them. */
export function scaleOf(draft: Draft, { name, scale, zeroPoint }: Bytes): readonly [string, string] {
  return [
    scalar(draft, `${name}:scale`, Float32Array.of(scale)),
    scalar(draft, `${name}:zero`, Uint8Array.of(zeroPoint)),
  ];
}

export function scalar(draft: Draft, name: string, values: Constant["values"]): string {
  draft.constants.set(name, { shape: [], values });
  return name;
}
