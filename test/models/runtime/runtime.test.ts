import t from "tap";
import { openRuntime, RUNTIMES } from "../../../models/runtime/runtime.ts";
import { readText } from "../../support/sources.ts";

const manifest = JSON.parse(readText("package.json"));

t.test("each runtime that a setting can name is there", async (t) => {
  for (const runtime of RUNTIMES) t.type(await openRuntime(runtime), "function", runtime);
});

t.test(
  "TensorFlow.js is an operator's choice: named as an optional peer, installed with the product never",
  async (t) => {
    const source = readText("models/runtime/runtime.ts");
    for (const name of [
      "@tensorflow/tfjs-core",
      "@tensorflow/tfjs-backend-wasm",
      "@tensorflow/tfjs-node",
      "protobufjs",
    ]) {
      t.notOk(manifest.dependencies[name] ?? manifest.optionalDependencies[name], name);
      t.equal(manifest.peerDependenciesMeta[name]?.optional, true, name);
      const version = manifest.devDependencies[name];
      t.equal(manifest.peerDependencies[name], version ?? "4.22.0", `${name} is pinned`);
      if (version) t.match(source, `${name}@${version}`, "the advice names the version that was tested");
    }
  },
);
