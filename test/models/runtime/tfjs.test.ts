import { readFile } from "node:fs/promises";
import { memory } from "@tensorflow/tfjs-core";
import t from "tap";
import { decodePhoto } from "../../../device/inference/reference-photo.ts";
import { type NetworkName, readPack } from "../../../models/pack/pack.ts";
import { loadNetworks } from "../../../models/pipeline/networks.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import { loadTfjs } from "../../../models/runtime/tfjs.ts";
import { recordInputs } from "../../../workshop/quantise/inputs/record-inputs.ts";
import { holdNetwork } from "../../contract/network.ts";
import { tapSuite } from "../../contract/suite.ts";
import { media } from "../../support/media.ts";
import { FLOAT_PACK, networkUnderTest, SHIPPED_PACK } from "../../support/pack.ts";

/** How far the two engines may be apart, in any output. */
const TOLERANCE = 1e-3;
const NETWORKS: readonly NetworkName[] = ["detector", "landmarks", "embedder", "liveness"];
const STILLS = ["franck_02221.jpg", "SeanConnery.jpg", "audrey.jpg", "cage.jpg"];

t.test("TensorFlow.js keeps the promises of a network", async (t) => {
  await holdNetwork(tapSuite(t), loadTfjs, await networkUnderTest("detector"));
});

t.test("both engines say the same on all four networks", async (t) => {
  const pack = await readPack(FLOAT_PACK);
  const faces = await recordInputs(pack, pictures(), () => undefined);
  for (const name of NETWORKS) {
    const { bytes, input, outputs, values } = await networkUnderTest(name);
    const [onnx, tfjs] = [await loadOnnx(bytes, input, outputs), await loadTfjs(bytes, input, outputs)];
    t.ok(faces[name].length >= STILLS.length, `${name} was shown ${faces[name].length} real pictures`);
    let worst = 0;
    for (const one of [...faces[name], values])
      worst = Math.max(worst, apart(await onnx.run(one), await tfjs.run(one)));
    t.ok(worst > 0 && worst <= TOLERANCE, `${name}: at most ${worst.toExponential(1)} apart`);
    await tfjs.close();
    await onnx.close();
  }
});

t.test("no tensor is left behind by a run, by closing, or by a network that is refused", async (t) => {
  const { bytes, input, outputs, values } = await networkUnderTest("landmarks");
  await (await loadTfjs(bytes, input, outputs)).close();
  const before = memory().numTensors;
  const network = await loadTfjs(bytes, input, outputs);
  const loaded = memory().numTensors;
  for (let i = 0; i < 3; i++) await network.run(values);
  t.equal(memory().numTensors, loaded, "after three runs");
  await network.close();
  await t.rejects(loadTfjs(bytes, { ...input, shape: [1] }, outputs));
  t.equal(memory().numTensors, before, "after closing");
});

t.test("a pack of integers is refused, with what to choose instead", async (t) => {
  const refused = { name: "ModelError", code: "runtime_unsupported", message: /QLinearConv.*fp32/ };
  const { bytes, manifest } = await readPack(SHIPPED_PACK);
  const { input, outputs } = manifest.networks.embedder;
  await t.rejects(loadTfjs(bytes.embedder, input, outputs), refused);
  await t.rejects(loadNetworks(await readPack(SHIPPED_PACK), loadTfjs), {
    code: "runtime_unsupported",
    message: /fp32/,
  });
});

async function* pictures() {
  for (const name of STILLS) {
    yield { picture: decodePhoto(await readFile(media.path(name))), chip: name === "audrey.jpg" };
  }
}

/** The largest difference between any two numbers; not a number where there is one that is none. */
function apart(some: readonly Float32Array[], others: readonly Float32Array[]): number {
  return Math.max(
    ...some.flatMap((values, i) => Array.from(values, (value, j) => Math.abs(value - (others[i]?.[j] ?? Number.NaN)))),
  );
}
