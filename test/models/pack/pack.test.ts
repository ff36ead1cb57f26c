import { cp, readFile, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { ModelError, ModelErrorCode } from "../../../models/pack/errors.ts";
import { type Manifest, readManifest } from "../../../models/pack/manifest.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { chooseThreshold } from "../../../models/pack/threshold.ts";
import { loadNetworks } from "../../../models/pipeline/networks.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import { SHIPPED_PACK } from "../../support/pack.ts";

const shipped = await readPack(SHIPPED_PACK);

/** A copy of the shipped pack that a test may spoil. */
async function copy(t: Test): Promise<string> {
  const folder = t.testdir({});
  await cp(SHIPPED_PACK, folder, { recursive: true });
  return folder;
}

async function spoil(folder: string, change: (manifest: Manifest) => unknown): Promise<void> {
  const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
  await writeFile(join(folder, "manifest.json"), JSON.stringify(change(manifest)));
}

const code = (code: ModelErrorCode) => ({ name: "ModelError", code });

t.test("the shipped pack is read, and its hash names it", async (t) => {
  t.equal(shipped.manifest.id, "int8");
  t.match(shipped.hash, /^[0-9a-f]{64}$/);
});

t.test("a pack is refused when anything disagrees", async (t) => {
  const spoilt: readonly (readonly [string, ModelErrorCode, (folder: string) => Promise<unknown>])[] = [
    ["no manifest", "pack_missing", (folder) => unlink(join(folder, "manifest.json"))],
    ["no network", "pack_missing", (folder) => unlink(join(folder, "embedder.onnx"))],
    ["a network cut short", "pack_altered", (folder) => truncate(join(folder, "liveness.onnx"), 1000)],
    ["a manifest that is no JSON", "pack_invalid", (folder) => writeFile(join(folder, "manifest.json"), "{")],
    ["an unknown field", "pack_invalid", (folder) => spoil(folder, (manifest) => ({ ...manifest, extra: 1 }))],
    ["an unknown format", "pack_invalid", (folder) => spoil(folder, (manifest) => ({ ...manifest, format: 3 }))],
    ["no thresholds", "pack_invalid", (folder) => spoil(folder, (manifest) => ({ ...manifest, thresholds: [] }))],
  ];
  for (const [name, wanted, how] of spoilt) {
    t.test(name, async (t) => {
      const folder = await copy(t);
      await how(folder);
      await t.rejects(readPack(folder), code(wanted));
    });
  }
});

t.test("one flipped bit in a network is found", async (t) => {
  const folder = await copy(t);
  const file = join(folder, "landmarks.onnx");
  const bytes = await readFile(file);
  bytes[200_000] = (bytes[200_000] ?? 0) ^ 1;
  await writeFile(file, bytes);
  await t.rejects(readPack(folder), code("pack_altered"));
});

t.test("shapes that are not the network's are refused", async (t) => {
  const { networks } = shipped.manifest;
  const wrong = (detector: object) => ({
    ...shipped,
    manifest: { ...shipped.manifest, networks: { ...networks, detector: { ...networks.detector, ...detector } } },
  });
  const input = { name: "input", shape: [1, 3, 120, 160] };
  await t.rejects(loadNetworks(wrong({ input }), loadOnnx), code("network_mismatch"), "not what the file holds");
  const grey = { name: "input", shape: [1, 1, 240, 320] };
  const wide = { name: "input", shape: [1, 3, 240, 2_049] };
  await t.rejects(loadNetworks(wrong({ input: wide }), loadOnnx), code("network_mismatch"), "larger than any canvas");
  await t.rejects(loadNetworks(wrong({ input: grey }), loadOnnx), code("network_mismatch"), "not what a detector has");
  const outputs = [{ name: "nothing", shape: [1, 4420, 2] }, networks.detector.outputs[1]];
  await t.rejects(loadNetworks(wrong({ outputs }), loadOnnx), code("network_mismatch"), "a port that is not there");
  const bytes = { ...shipped.bytes, detector: new Uint8Array(100) };
  await t.rejects(loadNetworks({ ...shipped, bytes }, loadOnnx), code("network_mismatch"), "no network at all");
});

t.test("every problem of a manifest is named with its field", async (t) => {
  const read = readManifest({ ...shipped.manifest, id: "NO", version: "1" });
  t.match("problems" in read ? read.problems.join() : "", /id: .*version: /);
});

t.test("the threshold is that of the largest measured rate not above the wanted one", async (t) => {
  const { thresholds } = shipped.manifest;
  const wanted = (fmr: number) => chooseThreshold(thresholds, fmr).fmr;
  t.equal(wanted(0.005), 0.001);
  t.equal(wanted(0.001), 0.001);
  t.equal(wanted(0.0005), 0.0001);
  t.ok(
    chooseThreshold(thresholds, 1e-4).similarity > chooseThreshold(thresholds, 1e-3).similarity,
    "rarer is stricter",
  );
  t.throws(() => wanted(1e-6), { name: "ModelError", code: "fmr_unsupported" } satisfies Partial<ModelError>);
});
