import type { Constant, Graph } from "../../../models/onnx/graph.ts";
import { openGraph } from "../../../models/runtime/onnx.ts";
import { writeOnnx } from "../write-onnx.ts";

/** Runs a graph once and returns its outputs by name. Throws ModelError if it is not a valid network. */
export type Evaluator = (graph: Graph, feeds: ReadonlyMap<string, Constant>) => Promise<ReadonlyMap<string, Constant>>;

export const evaluate: Evaluator = async (graph, feeds) => {
  await using opened = await openGraph(writeOnnx(graph));
  return await opened.run(feeds);
};

/** A graph kept open for many inputs, with every value named in `watched` among its outputs. */
export function openWithInternals(graph: Graph, internals: readonly string[]) {
  return openGraph(writeOnnx({ ...graph, outputs: internals.map((name) => ({ name })) }));
}
