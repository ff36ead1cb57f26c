import t from "tap";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { startInference } from "../../device/inference/inference.ts";
import { media } from "../support/media.ts";
import { SHIPPED_PACK } from "../support/pack.ts";
import { askWith, decided, setTestStage } from "../support/stage.ts";

t.test("a whole device on TensorFlow.js tells the right person from somebody else", async (t) => {
  const environment = { MATCHLIGHT_RUNTIME: "tfjs", MATCHLIGHT_MODEL_PACK: "fp32" };
  const { carrier, device } = await setTestStage(t, { camera: `film:${media.path("franck.mp4")}`, environment });
  t.equal(device.identity.pack.id, "fp32");
  const ask = async (still: string) => (await carrier.verify(askWith(await chipPhoto(media.path(still))))).claims;
  const same = await ask("franck_02221.jpg");
  t.equal(decided(same), "match");
  t.equal(same.pack.id, "fp32");
  t.comment(`the right person: similarity ${same.similarity?.toFixed(3)} of ${same.frames.looked} frames`);
  const other = await ask("cage.jpg");
  t.match(other, { decision: "no_match", pack: { id: "fp32" } });
  t.comment(`somebody else: similarity ${other.similarity?.toFixed(3)} of ${other.frames.looked} frames`);
});

t.test("a device does not start on TensorFlow.js with a pack of integers, and says what to choose", async (t) => {
  const refused = { name: "DeviceFault", code: "pack_refused", message: /float networks only.*choose the pack fp32/ };
  await t.rejects(startInference(SHIPPED_PACK, "tfjs"), refused);
});
