import t from "tap";
import { findLandmarks } from "../../../models/detection/landmarks.ts";
import { landmarksToRoi } from "../../../models/detection/landmarks-to-roi.ts";
import { embed, similarity, type Template } from "../../../models/embedding/embedder.ts";
import { type Image, mirror } from "../../../models/imaging/image.ts";
import { analyseFace, analyseFaces, findSubject } from "../../../models/pipeline/face-analysis.ts";
import { trackFace } from "../../../models/pipeline/face-tracker.ts";
import type { Networks } from "../../../models/pipeline/networks.ts";
import { embedReference } from "../../../models/pipeline/reference-template.ts";
import { LIVE_PROFILE } from "../../../models/quality/profile.ts";
import { media } from "../../support/media.ts";
import { shippedNetworks } from "../../support/pack.ts";
import { pictureOf, readPicture } from "../../support/pictures.ts";

const shipped = await shippedNetworks();
t.teardown(() => shipped[Symbol.asyncDispose]());
const man = await readPicture(media.path("franck_02221.jpg"));

async function faceIn(picture: Image) {
  const presence = await findSubject(shipped, picture, [0]);
  if (presence.kind !== "one") throw new Error(presence.kind);
  return presence.face;
}

/** The shipped networks, and all that the embedder has put out. */
function recording(): { readonly networks: Networks; readonly made: Float32Array[] } {
  const made: Float32Array[] = [];
  const { embedder } = shipped;
  const run: typeof embedder.network.run = async (pixels) => {
    const outputs = await embedder.network.run(pixels);
    made.push(...outputs);
    return outputs;
  };
  return { networks: { ...shipped, embedder: { ...embedder, network: { ...embedder.network, run } } }, made };
}

function differenceOf(one: Image, other: Image): number {
  return one.data.reduce((sum, value, i) => sum + Math.abs(value - (other.data[i] ?? 0)), 0);
}

async function referenceOf(networks: Networks, picture: Image): Promise<Template> {
  return embedReference(networks, picture, await analyseFaces(shipped, picture, await faceIn(picture), LIVE_PROFILE));
}

t.test("a reference is what the face and its mirror image have in common", async (t) => {
  const shown: Image[] = [];
  const { sharpener } = shipped.embedder;
  const sharpen: typeof sharpener.sharpen = (aligned) => {
    shown.push({ ...aligned, data: Uint8Array.from(aligned.data) });
    return sharpener.sharpen(aligned);
  };
  const template = await referenceOf(
    { ...shipped, embedder: { ...shipped.embedder, sharpener: { ...sharpener, sharpen } } },
    man,
  );
  const [face = man, mirrored = man, ...others] = shown;
  t.same(others, []);
  t.ok(differenceOf(mirror(mirrored), face) < differenceOf(mirrored, face) / 3, "the second is the mirror image");
  for (const one of [face, mirrored]) {
    const alike = similarity(template, await embed(shipped.embedder, one));
    t.ok(alike > 0.95 && alike < 0.9999, `one of two: ${alike}`);
  }
});

t.test("a reference of a mirrored picture is nearly that of the picture", async (t) => {
  const alike = similarity(await referenceOf(shipped, man), await referenceOf(shipped, mirror(man)));
  t.ok(alike > 0.97, `${alike}`);
});

t.test("a found face is placed where a followed one would be", async (t) => {
  const face = await faceIn(man);
  const found = await analyseFace(shipped, man, face, LIVE_PROFILE);
  const first = await findLandmarks(shipped.landmarks, man, face);
  t.same(found.landmarks, await findLandmarks(shipped.landmarks, man, { box: landmarksToRoi(first), score: 1 }));
  t.notSame(found.landmarks, first);
  t.equal(found.face, face, "liveness looks where the detector saw it");
});

t.test("nothing that the embedder put out is left, but for the template", async (t) => {
  const { networks, made } = recording();
  const template = await referenceOf(networks, man);
  t.equal(made.length, 2);
  using tracker = trackFace(networks, template, 2);
  t.match(await tracker.observe(pictureOf(man)), { kind: "scored" });
  t.ok(made.length > 2);
  t.ok(made.every((numbers) => numbers.every((value) => value === 0)));
});
