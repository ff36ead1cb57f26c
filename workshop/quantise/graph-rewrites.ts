import type { Constant, Graph, GraphNode } from "../../models/onnx/graph.ts";

export interface FloatConstant {
  readonly shape: readonly number[];
  readonly values: Float32Array;
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
