import t from "tap";
import { align } from "../../../models/detection/align.ts";
import { frameOf } from "../../../models/detection/boxes.ts";
import { detect } from "../../../models/detection/detector.ts";
import { findLandmarks } from "../../../models/detection/landmarks.ts";
import { type Embedder, embed, type Template } from "../../../models/embedding/embedder.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { load } from "../../../models/pipeline/recognizer.ts";
import { monitorOcclusion } from "../../../models/quality/occlusion.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import { type Fit, MASKS, wearMask } from "../../support/masks.ts";
import { media } from "../../support/media.ts";
import { SHIPPED_PACK, shippedNetworks } from "../../support/pack.ts";
import { pictureOf, readPicture } from "../../support/pictures.ts";

const networks = await shippedNetworks();
const recognizer = await load(await readPack(SHIPPED_PACK), loadOnnx);
t.teardown(() => recognizer[Symbol.asyncDispose]());
t.teardown(() => networks[Symbol.asyncDispose]());

async function landmarksOf(picture: Image) {
  const [face] = await detect(networks.detector, picture, frameOf(picture, 0));
  if (!face) throw new Error("no face");
  return findLandmarks(networks.landmarks, picture, face);
}

/** What a new tracker sees. */
async function look(picture: Image, reference: Template) {
  using tracker = recognizer.track(reference);
  return await tracker.observe(pictureOf(picture));
}

const NAMES = ["franck_02221.jpg", "SeanConnery.jpg", "audrey.jpg"];

t.test("a masked face is hardly ever scored, whatever the cloth; the same face bare is", async (t) => {
  const scored: string[] = [];
  for (const name of NAMES) {
    const bare = await readPicture(media.path(name));
    const landmarks = await landmarksOf(bare);
    const enrolment = await recognizer.enrol(bare);
    if (enrolment.kind !== "enrolled") throw new Error(name);
    const { kind } = await look(bare, enrolment.template);
    t.equal(kind, "scored", `${name} bare`);
    for (const mask of MASKS) {
      const masked = wearMask(bare, landmarks, mask, "high" satisfies Fit);
      const seen = await look(masked, enrolment.template);
      if (seen.kind === "scored") scored.push(`${name} in ${mask}`);
    }
  }
  t.comment(`of ${NAMES.length * MASKS.length} masked faces scored: ${scored.join(", ") || "none"}`);
  t.ok(scored.length <= 1, "npm run masks counts more of them");
});

t.test("a clear run is looked at now and then, a covered one at every face", async (t) => {
  let asked = 0;
  const counting: Embedder = {
    ...networks.embedder,
    network: {
      ...networks.embedder.network,
      run(input) {
        asked++;
        return networks.embedder.network.run(input);
      },
    },
  };
  const bare = await readPicture(media.path("franck_02221.jpg"));
  const landmarks = await landmarksOf(bare);
  const looks = async (picture: Image) => {
    asked = 0;
    const monitor = monitorOcclusion(0.09);
    const aligned = align(picture, landmarks);
    const features = await embed(networks.embedder, aligned);
    for (let i = 0; i < 10; i++) await monitor.look(counting, aligned, features);
    return asked / 2;
  };
  t.equal(await looks(bare), 6, "two at first, then every other one");
  t.equal(await looks(wearMask(bare, landmarks, "surgical_blue")), 10);
});
