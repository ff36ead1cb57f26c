import t from "tap";
import { findLandmarks } from "../../../models/detection/landmarks.ts";
import type { Box, Image } from "../../../models/imaging/image.ts";
import { analyseFace, findSubject } from "../../../models/pipeline/face-analysis.ts";
import type { Networks } from "../../../models/pipeline/networks.ts";
import { LIVE_PROFILE } from "../../../models/quality/profile.ts";
import type { Network } from "../../../models/runtime/network.ts";
import { media } from "../../support/media.ts";
import { shippedNetworks } from "../../support/pack.ts";
import { draw, readPicture } from "../../support/pictures.ts";

const networks = await shippedNetworks();
t.teardown(() => networks[Symbol.asyncDispose]());

async function faceIn(picture: Image) {
  const presence = await findSubject(networks, picture, [0]);
  if (presence.kind !== "one") throw new Error(presence.kind);
  return presence.face;
}

/** A picture with a grey board over the upper half of a box, as a hand or a cap may be. */
function covered({ width, height, data }: Image, box: Box): Image {
  const copy = Uint8Array.from(data);
  const [top, bottom] = [Math.max(0, box.y - box.height * 0.2), box.y + box.height * 0.5];
  const [left, right] = [Math.max(0, box.x - box.width * 0.2), Math.min(width, box.x + box.width * 1.2)];
  for (let y = Math.round(top); y < bottom; y++) {
    copy.fill(110, (y * width + Math.round(left)) * 3, (y * width + Math.round(right)) * 3);
  }
  return { width, height, data: copy };
}

t.test("landmarks of a whole face stay where they are, those of half a face do not", async (t) => {
  for (const name of ["franck_02221.jpg", "franck_01829.jpg", "franck_03909.jpg"]) {
    const picture = await readPicture(media.path(name));
    const bare = await analyseFace(networks, picture, await faceIn(picture), LIVE_PROFILE);
    t.ok((bare.quality.landmarkShift ?? 1) < LIVE_PROFILE.maximumLandmarkShift / 2, `${bare.quality.landmarkShift}`);
    t.same(bare.defects, []);
    const half = covered(picture, bare.face.box);
    const hidden = await analyseFace(networks, half, await faceIn(half), LIVE_PROFILE);
    t.ok(hidden.defects.includes("FaceOcclusionPrevention"), `${hidden.quality.landmarkShift}`);
  }
});

t.test("the shift is the mean distance from the first landmarks, in eye distances", async (t) => {
  const picture = await readPicture(media.path("franck_02221.jpg"));
  const face = await faceIn(picture);
  const first = await findLandmarks(networks.landmarks, picture, face);
  const { landmarks, quality } = await analyseFace(networks, picture, face, LIVE_PROFILE);
  const distances = landmarks.map(({ x, y }, i) => Math.hypot(x - (first[i]?.x ?? 0), y - (first[i]?.y ?? 0)));
  const pixels = distances.reduce((sum, distance) => sum + distance) / distances.length;
  const yaw = Math.cos((quality.headPoseYawDegrees * Math.PI) / 180);
  t.ok(Math.abs((quality.landmarkShift ?? 0) - pixels / (quality.interEyeDistancePixels * yaw)) < 1e-9);
});

/** The networks with a detector that also takes the wall for a face, at a place of its view (0…1). */
function alsoSees(place: readonly [left: number, top: number, right: number, bottom: number]): Networks {
  const { network } = networks.detector;
  const run: Network["run"] = async (pixels) => {
    const [scores, boxes] = await network.run(pixels);
    if (!scores || !boxes) throw new Error("no detections");
    scores.set([0.1, 0.9]);
    boxes.set(place);
    return [scores, boxes];
  };
  return { ...networks, detector: { ...networks.detector, network: { ...network, run } } };
}

t.test("a pattern that the detector takes for a face is nobody, and a second face is somebody", async (t) => {
  const man = await readPicture(media.path("franck_02221.jpg"));
  const face = await faceIn(man);
  const same = await findSubject(alsoSees([0.02, 0.1, 0.25, 0.6]), man, [0]);
  t.same(same, { kind: "one", face });
  const presence = await findSubject(networks, besideHimself(man), [0]);
  t.equal(presence.kind, "several");
  t.equal(presence.kind === "several" && presence.faces.length, 2);
});

function besideHimself({ width, height, data }: Image): Image {
  return draw(width * 2, height, (x, y) => {
    const at = (y * width + (x % width)) * 3;
    return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
  });
}
