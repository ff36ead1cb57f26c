import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import t from "tap";
import type { Constant, Graph } from "../../../models/onnx/graph.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import { node } from "../../../workshop/quantise/graph-rewrites.ts";
import { writeOnnx } from "../../../workshop/quantise/write-onnx.ts";
import { holdNetwork } from "../../contract/network.ts";
import { tapSuite } from "../../contract/suite.ts";
import { networkUnderTest } from "../../support/pack.ts";

/**
 * onnxruntime reports to its maker by default from 1.29 on. The words below stand in every such library (1.30 was
 * looked at) and in none before; the pinned one is held to their absence.
 */
const SIGNS = ["telemetry HTTPS uploads", "events.data.microsoft.com", "ORT_DISABLE_TELEMETRY"];

t.test("the inference runtime that is installed has no telemetry in it", async (t) => {
  const main = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
  const folder = join(dirname(main), "bin", "napi-v6", process.platform, process.arch);
  const files = (await readdir(folder)).filter((name) => /\.(node|so[.\d]*|dylib)$/.test(name));
  t.ok(files.length >= 2, `${files.length} libraries to look at`);
  for (const name of files) {
    const bytes = await readFile(join(folder, name));
    for (const sign of SIGNS) t.notOk(bytes.includes(sign), `${name}: no "${sign}"`);
  }
});

t.test("onnxruntime keeps the promises of a network", async (t) => {
  await holdNetwork(tapSuite(t), loadOnnx, await networkUnderTest("detector"));
});

const CHANNELS = 64;

/** A convolution of whole numbers whose sums are as large as bytes make them, and its answer as a float. */
function largestSums(): Graph {
  const one = (values: Constant["values"]): Constant => ({ shape: [], values });
  const constants = new Map<string, Constant>([
    ["scale", one(Float32Array.of(1))],
    ["zero", one(Uint8Array.of(0))],
    ["weights", { shape: [CHANNELS, CHANNELS, 1, 1], values: new Int8Array(CHANNELS * CHANNELS).fill(127) }],
    ["weights zero", one(Int8Array.of(0))],
    ["sum scale", one(Float32Array.of(20_000))],
  ]);
  const inputs = ["x", "scale", "zero", "weights", "scale", "weights zero", "sum scale", "zero"];
  return {
    name: "largest sums",
    opsets: { "": 13 },
    constants,
    inputs: [{ name: "x", type: "uint8", shape: [1, CHANNELS, 8, 8] }],
    outputs: [{ name: "y", type: "float32", shape: [1, CHANNELS, 8, 8] }],
    nodes: [node("QLinearConv", inputs, "bytes"), node("DequantizeLinear", ["bytes", "sum scale", "zero"], "y")],
  };
}

t.test("whole numbers are summed exactly, whatever the processor has for them", async (t) => {
  const port = { shape: [1, CHANNELS, 8, 8] };
  const network = await loadOnnx(writeOnnx(largestSums()), { ...port, name: "x", type: "uint8" }, [
    { ...port, name: "y", type: "float32" },
  ]);
  const [sums] = await network.run(new Uint8Array(CHANNELS * 64).fill(255));
  t.same([...new Set(sums)], [20_000 * Math.round((CHANNELS * 255 * 127) / 20_000)]);
  await network.close();
});
