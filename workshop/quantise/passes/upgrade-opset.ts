import { type Constant, type Graph, type GraphNode, intsOf } from "../../../models/onnx/graph.ts";

/** The operator set that has weights quantised for each channel, and maxima of bytes. */
const OPSET = 13;

/**
 * Brings a graph of operator set 9 to 13. Of the operators that occur here only Slice is written differently: its
 * bounds became inputs. (Softmax counts its axis differently since 13, which makes no difference for the last axis.)
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
