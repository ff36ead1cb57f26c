/** The numbers of a tensor; the class is ONNX's element type. */
export type Values = Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/** A tensor with known values. `values.length` is the product of `shape`; a scalar has the shape []. */
export interface Constant {
  readonly shape: readonly number[];
  readonly values: Values;
}

export type ElementType = "float32" | "int64" | "int32" | "int8" | "uint8";

/** An input or output of a graph. Outputs that are only inspected need no shape. */
export interface Port {
  readonly name: string;
  readonly type?: ElementType;
  readonly shape?: readonly number[];
}

export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: Constant };

/** A node; `domain` is "" for ONNX's own operators. An omitted input has the name "". */
export interface GraphNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A network: nodes in an order in which they can be computed. A rewrite returns a new graph. */
export interface Graph {
  readonly name: string;
  /** The version of each operator set by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, Constant>;
}

/** An integer attribute, or the default if it is omitted. */
export function intOf(one: GraphNode, name: string, standard: number): number {
  const attribute = one.attributes[name];
  return attribute?.kind === "int" ? attribute.value : standard;
}

export function intsOf(one: GraphNode, name: string): readonly number[] {
  const attribute = one.attributes[name];
  return attribute?.kind === "ints" ? attribute.value : [];
}
