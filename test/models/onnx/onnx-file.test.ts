import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { packFolder } from "../../../device/process/package-folder.ts";
import { QuantiseError } from "../../../models/onnx/errors.ts";
import { readOnnx } from "../../../models/onnx/onnx-file.ts";
import { distance } from "../../../workshop/quantise/compare/equivalence.ts";
import { evaluate } from "../../../workshop/quantise/compare/evaluator.ts";
import { writeOnnx } from "../../../workshop/quantise/write-onnx.ts";

t.test("a network that is read and written again says the same", async (t) => {
  for (const name of ["detector", "landmarks", "liveness"]) {
    const graph = readOnnx(await readFile(join(packFolder("fp32"), `${name}.onnx`)));
    const again = readOnnx(writeOnnx(graph));
    t.equal(again.nodes.length, graph.nodes.length);
    t.same(again.inputs, graph.inputs);
    t.equal(await distance(graph, again, evaluate, 1), 0, name);
    t.same(writeOnnx(again), writeOnnx(graph), "to the last byte");
  }
});

t.test("what is no network is refused", async (t) => {
  t.throws(() => readOnnx(new TextEncoder().encode("<html>not found</html>")), QuantiseError);
});
