import t from "tap";
import { centred, embed, findFeatures, similarity } from "../../../models/embedding/embedder.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { analyseFace, findSubject } from "../../../models/pipeline/face-analysis.ts";
import { loadNetworks } from "../../../models/pipeline/networks.ts";
import { LIVE_PROFILE } from "../../../models/quality/profile.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import { media } from "../../support/media.ts";
import { SHIPPED_PACK, shippedNetworks } from "../../support/pack.ts";
import { readPicture } from "../../support/pictures.ts";

const lengthOf = (numbers: Float32Array) => Math.hypot(...numbers);

t.test("the centre is the new origin, and templates have the length 1 about it", async (t) => {
  const centre = Float32Array.of(0.3, 0, 0);
  const template = centred(Float32Array.of(0.6, 0.8, 0), centre);
  t.ok(Math.abs(lengthOf(template) - 1) < 1e-6);
  t.ok(Math.abs((template[0] ?? 0) / (template[1] ?? 1) - 0.3 / 0.8) < 1e-6);
  t.same(centred(Float32Array.of(0.6, 0.8), new Float32Array(0)), Float32Array.of(0.6, 0.8), "no centre, no change");
});

t.test("strangers who share what the centre takes away are told apart better", async (t) => {
  const [a, b] = [Float32Array.of(0.6, 0.8, 0), Float32Array.of(0.6, 0, 0.8)];
  const before = similarity(a, b);
  t.ok(similarity(centred(a, Float32Array.of(0.4, 0, 0)), centred(b, Float32Array.of(0.4, 0, 0))) < before);
});

t.test("an embedder sharpens, takes its centre away, and its memory can be wiped", async (t) => {
  await using networks = await shippedNetworks();
  const picture = await readPicture(media.path("franck_02221.jpg"));
  const presence = await findSubject(networks, picture, [0]);
  if (presence.kind !== "one") throw new Error(presence.kind);
  const { aligned } = await analyseFace(networks, picture, presence.face, LIVE_PROFILE);
  const { embedder } = networks;
  const features = await findFeatures(embedder, aligned);
  const template = await embed(embedder, aligned);
  t.equal(embedder.centre.length, features.length);
  t.ok(similarity(template, centred(Float32Array.from(features), embedder.centre)) > 0.999);
  t.ok(similarity(template, features) < 0.98, "the centre changes it");
  const soft = await findFeatures({ ...embedder, sharpener: { sharpen: (same) => same, wipe() {} } }, aligned);
  t.ok(similarity(features, soft) < 0.995, "the sharpener changes it");
  const sharpened = embedder.sharpener.sharpen(aligned);
  networks.wipe();
  t.ok(sharpened.data.every((value) => value === 0));
});

t.test("a centre that is not as long as the embedder's output is refused", async (t) => {
  const pack = await readPack(SHIPPED_PACK);
  const { embedder } = pack.manifest.networks;
  const centre = { scale: 0.001, values: Buffer.from([1, 2, 3]).toString("base64"), evidence: "too short" };
  const networks = { ...pack.manifest.networks, embedder: { ...embedder, centre } };
  await t.rejects(loadNetworks({ ...pack, manifest: { ...pack.manifest, networks } }, loadOnnx), {
    name: "ModelError",
    code: "network_mismatch",
  });
});
