import type { Constant, Graph, GraphNode } from "../../../models/onnx/graph.ts";
import { prune } from "../graph-rewrites.ts";

/** Computes a graph whose inputs matter only by their shapes, and returns its outputs by name. */
export type Evaluate = (graph: Graph) => Promise<ReadonlyMap<string, Constant>>;

/**
 * Computes all values that do not depend on the image: constants, and those that follow from the fixed shapes. They
 * become constants.
 */
export async function foldConstants(graph: Graph, evaluate: Evaluate): Promise<Graph> {
  const literal = new Map(graph.nodes.flatMap(literalOf));
  const known = new Set([...graph.constants.keys(), ...literal.keys()]);
  const computed: GraphNode[] = [];
  for (const one of graph.nodes) {
    if (one.op === "Constant" || !isFixed(one, known)) continue;
    computed.push(one);
    for (const name of one.outputs) known.add(name);
  }
  const outputs = computed.flatMap((one) => one.outputs.map((name) => ({ name })));
  const values = outputs.length > 0 ? await evaluate(prune({ ...graph, outputs })) : [];
  const nodes = graph.nodes.filter((one) => one.op !== "Constant" && !computed.includes(one));
  return prune({ ...graph, nodes, constants: new Map([...graph.constants, ...literal, ...values]) });
}

function literalOf({ op, outputs, attributes }: GraphNode): readonly (readonly [string, Constant])[] {
  const { value } = attributes;
  const [name] = outputs;
  return op === "Constant" && value?.kind === "tensor" && name !== undefined ? [[name, value.value]] : [];
}

function isFixed({ op, inputs }: GraphNode, known: ReadonlySet<string>): boolean {
  return op === "Shape" || inputs.every((name) => name === "" || known.has(name));
}
