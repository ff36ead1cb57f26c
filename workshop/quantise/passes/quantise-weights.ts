import { type Constant, type Graph, type GraphNode, intOf } from "../../../models/onnx/graph.ts";
import { floatsOf, node, prune } from "../graph-rewrites.ts";
import { byteWeights } from "./integers.ts";

/**
 * Stores the weights of convolutions and matrices as signed bytes with a scale for each output channel, and computes in
 * floats. The size is a quarter and scores hardly change. The runtime converts the bytes once, at load.
 */
export function quantiseWeights(graph: Graph): Graph {
  const constants = new Map<string, Constant>(graph.constants);
  const restored: GraphNode[] = [];
  const nodes = graph.nodes.map((one): GraphNode => {
    const [input = "", name = "", ...rest] = one.inputs;
    const weights = floatsOf(graph, name);
    if (!["Conv", "Gemm", "MatMul"].includes(one.op) || !weights) return one;
    const axis = one.op === "Conv" || intOf(one, "transB", 0) === 1 ? 0 : 1;
    const { weights: bytes, scales } = byteWeights(weights, axis);
    const [stored, scale, back] = [`${name}:i8`, `${name}:scale`, `${name}:float`];
    constants.set(stored, bytes);
    constants.set(scale, { shape: [scales.length], values: scales });
    restored.push(node("DequantizeLinear", [stored, scale], back, { axis: { kind: "int", value: axis } }));
    return { ...one, inputs: [input, back, ...rest] };
  });
  return prune({ ...graph, nodes: [...restored, ...nodes], constants });
}
