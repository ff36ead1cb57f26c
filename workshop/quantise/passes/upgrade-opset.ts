import { type Constant, type Graph, type GraphNode, intsOf } from "../../../models/onnx/graph.ts";

/** The first operator set with weights quantised per channel, and maxima of bytes. */
const OPSET = 13;

/**
 * Converts a graph from operator set 9 to 13. Of the used operators only Slice differs: its bounds are inputs. (Softmax
 * counts its axis differently since 13, without effect on the last axis.)
 */
export function upgradeOpset(graph: Graph): Graph {
  const constants = new Map<string, Constant>(graph.constants);
  const nodes = graph.nodes.map((one): GraphNode => {
    if (one.op !== "Slice" || one.inputs.length > 1) return one;
    const bounds = ["starts", "ends", "axes"].map((name) => {
      const value = intsOf(one, name);
      const key = `${one.outputs[0]}:${name}`;
      constants.set(key, { shape: [value.length], values: BigInt64Array.from(value, BigInt) });
      return key;
    });
    return { ...one, inputs: [one.inputs[0] ?? "", ...bounds], attributes: {} };
  });
  return { ...graph, opsets: { ...graph.opsets, "": OPSET }, nodes, constants };
}
