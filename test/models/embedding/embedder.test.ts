import t from "tap";
import { embed, similarity } from "../../../models/embedding/embedder.ts";
import { analyseFace, findSubject } from "../../../models/pipeline/face-analysis.ts";
import { LIVE_PROFILE } from "../../../models/quality/profile.ts";
import { media } from "../../support/media.ts";
import { shippedNetworks } from "../../support/pack.ts";
import { readPicture } from "../../support/pictures.ts";

t.test("a template has the length 1, its face is sharpened, and memory can be wiped", async (t) => {
  await using networks = await shippedNetworks();
  const picture = await readPicture(media.path("franck_02221.jpg"));
  const presence = await findSubject(networks, picture, [0]);
  if (presence.kind !== "one") throw new Error(presence.kind);
  const { aligned } = await analyseFace(networks, picture, presence.face, LIVE_PROFILE);
  const { embedder } = networks;
  const template = await embed(embedder, aligned);
  t.ok(Math.abs(Math.hypot(...template) - 1) < 1e-6);
  const soft = await embed({ ...embedder, sharpener: { sharpen: (same) => same, wipe() {} } }, aligned);
  t.ok(similarity(template, soft) < 0.995, "the sharpener changes it");
  const sharpened = embedder.sharpener.sharpen(aligned);
  networks.wipe();
  t.ok(sharpened.data.every((value) => value === 0));
});
