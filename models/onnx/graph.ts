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

/** Makes a node; `domain` "com.microsoft" is onnxruntime's own. */
export function node(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: GraphNode["attributes"] = {},
  domain = "",
): GraphNode {
  return { op, domain, inputs, outputs: [output], attributes };
}

/** The node that produces a value; undefined for inputs and constants. */
export function producerOf(graph: Graph, value: string): GraphNode | undefined {
  return graph.nodes.find(({ outputs }) => outputs.includes(value));
}

/** The one node that uses a value; undefined when there are more, or when the value leaves the graph. */
export function onlyConsumerOf(graph: Graph, value: string): GraphNode | undefined {
  if (graph.outputs.some(({ name }) => name === value)) return undefined;
  const users = graph.nodes.filter(({ inputs }) => inputs.includes(value));
  return users.length === 1 ? users[0] : undefined;
}

/** The float constant of that name, or undefined. */
export function floatsOf(graph: Graph, name: string | undefined): FloatConstant | undefined {
  const constant = name === undefined ? undefined : graph.constants.get(name);
  if (!(constant?.values instanceof Float32Array)) return undefined;
  return { shape: constant.shape, values: constant.values };
}

export interface FloatConstant {
  readonly shape: readonly number[];
  readonly values: Float32Array;
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

/** The same graph with some constants replaced or added. */
export function withConstants(graph: Graph, changed: ReadonlyMap<string, Constant>): Graph {
  return { ...graph, constants: new Map([...graph.constants, ...changed]) };
}

/** Removes nodes and constants that no output depends on. */
export function prune(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const nodes: GraphNode[] = [];
  for (const one of [...graph.nodes].reverse()) {
    if (!one.outputs.some((name) => needed.has(name))) continue;
    nodes.unshift(one);
    for (const name of one.inputs) needed.add(name);
  }
  const constants = new Map([...graph.constants].filter(([name]) => needed.has(name)));
  return { ...graph, nodes, constants };
}

/** The number of values in a tensor of this shape. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
