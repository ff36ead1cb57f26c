import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import t from "tap";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
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
