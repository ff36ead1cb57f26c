import t from "tap";
import { packFolder } from "../../../device/process/package-folder.ts";
import { manifestSchema } from "../../../models/pack/manifest.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { writeManifest } from "../../../workshop/quantise/manifest.ts";
import { FORMS, type Forms } from "../../../workshop/quantise/recipe.ts";

const NETWORKS = new Map(
  (["detector", "landmarks", "embedder", "liveness"] as const).map((name) => [name, Buffer.of(1)]),
);

t.test("a pack of other forms is called a trial, and claims no thresholds of its own", async (t) => {
  const { manifest: source } = await readPack(packFolder("fp32"));
  const { manifest: shipped } = await readPack(packFolder("int8"));
  const written = (forms: Forms) =>
    manifestSchema.parse(JSON.parse(writeManifest(source, shipped, NETWORKS, { pictures: 9, forms })));
  const trial = written({ ...FORMS, detector: "integers" });
  t.equal(trial.id, "trial");
  t.match(trial.summary, /; in integers: detector, embedder, the blocks of landmarks\. .*; a trial\.$/);
  const floats = written({ detector: "weights", landmarks: "weights", embedder: "weights", liveness: "weights" });
  t.match(floats.summary, /; in integers: nothing\. /);
  t.match(trial.networks.detector, { input: { type: "uint8" }, origin: /: calibrated on 9 pictures/ });
  t.match(trial.networks.landmarks, { input: { type: undefined }, origin: /its blocks, calibrated on 9 pictures/ });
  t.match(trial.networks.liveness, { input: { type: undefined }, origin: /weights only/ });
  t.ok(trial.thresholds.every(({ remark }) => /nothing was measured/.test(remark ?? "")));
  const { id, thresholds } = written(FORMS);
  t.equal(id, "int8");
  t.same(thresholds, shipped.thresholds);
});
