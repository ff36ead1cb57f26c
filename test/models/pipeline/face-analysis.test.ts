import t from "tap";
import { findLandmarks } from "../../../models/detection/landmarks.ts";
import type { Box, Image } from "../../../models/imaging/image.ts";
import { analyseFace, findSubject } from "../../../models/pipeline/face-analysis.ts";
import { LIVE_PROFILE } from "../../../models/quality/profile.ts";
import { media } from "../../support/media.ts";
import { shippedNetworks } from "../../support/pack.ts";
import { readPicture } from "../../support/pictures.ts";

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
