import { readFile } from "node:fs/promises";
import t from "tap";
import { decodePhoto } from "../../../device/inference/reference-photo.ts";
import { detect } from "../../../models/detection/detector.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { resample } from "../../../models/imaging/resize.ts";
import { analyseFaces } from "../../../models/pipeline/face-analysis.ts";
import { type Defect, findDefects, LIVE_PROFILE } from "../../../models/quality/profile.ts";
import { isBlurred, measureQuality } from "../../../models/quality/quality.ts";
import { randomOf } from "../../../workshop/quantise/inputs/random.ts";
import { CONDITIONS, type Scene } from "../../support/conditions.ts";
import { media } from "../../support/media.ts";
import { shippedNetworks } from "../../support/pack.ts";
import { draw } from "../../support/pictures.ts";
import { GOOD } from "../../support/scores.ts";

const networks = await shippedNetworks();
t.teardown(() => networks[Symbol.asyncDispose]());
const still = decodePhoto(await readFile(media.path("franck_02221.jpg")));

/** Landmarks of some face: its noise does not depend on them. */
const FACE = Array.from({ length: 68 }, (_, i) => ({ x: 100 + (i % 9) * 5, y: 100 + i }));

async function defectsOf(picture: Image): Promise<readonly Defect[]> {
  const [face] = await detect(networks.detector, picture);
  if (!face) return [];
  return (await analyseFaces(networks, picture, face, LIVE_PROFILE)).defects;
}

/** A part of the still, at its own or another size. */
function part(x: number, y: number, width: number, height: number, factor = 1): Image {
  return resample(still, { x, y, width, height }, Math.round(width * factor), Math.round(height * factor));
}

function lit(picture: Image, change: (value: number) => number): Image {
  return { ...picture, data: Uint8Array.from(picture.data, (value) => Math.max(0, Math.min(255, change(value)))) };
}

t.test("a good live picture has no defects", async (t) => {
  t.same(await defectsOf(still), []);
});

t.test("each thing done to it is named", async (t) => {
  const { width, height } = still;
  const blurred = resample(
    part(0, 0, width, height, 0.1),
    { x: 0, y: 0, width: width * 0.1, height: height * 0.1 },
    width,
    height,
  );
  t.ok((await defectsOf(blurred)).includes("Sharpness"), "blurred");
  t.ok((await defectsOf(lit(still, (value) => value * 0.15))).includes("UnderExposurePrevention"), "dark");
  t.ok((await defectsOf(lit(still, (value) => value * 4))).includes("OverExposurePrevention"), "glaring");
  const far = draw(width, height, () => [90, 90, 90]);
  const small = part(0, 0, width, height, 0.2);
  for (let y = 0; y < small.height; y++) {
    far.data.set(small.data.subarray(y * small.width * 3, (y + 1) * small.width * 3), y * width * 3);
  }
  t.ok((await defectsOf(far)).includes("InterEyeDistance"), "far away");
});

/** The still as a scene, to which conditions can be done. */
async function sceneOf(picture: Image): Promise<Scene> {
  const [face] = await detect(networks.detector, picture);
  if (!face) throw new Error("the still has no face");
  return { picture, landmarks: (await analyseFaces(networks, picture, face, LIVE_PROFILE)).landmarks };
}

t.test("a picture out of focus is known as such; one that is sharp, flat or black is none", async (t) => {
  t.equal(isBlurred(CONDITIONS.blurred(await sceneOf(still))), true);
  t.equal(isBlurred(still), false);
  t.equal(isBlurred(draw(still.width, still.height, () => [90, 90, 90])), false, "a wall has nothing to be sharp");
  t.equal(isBlurred(lit(still, () => 0)), false);
});

t.test("a face that moves sideways has little detail across, and one that does not has enough", async (t) => {
  const detailAcross = async (picture: Image) => {
    const [face] = await detect(networks.detector, picture);
    return face && (await analyseFaces(networks, picture, face, LIVE_PROFILE)).quality.detailAcross;
  };
  const [moving = 1, atRest = 0] = [
    await detailAcross(CONDITIONS.moving(await sceneOf(still))),
    await detailAcross(still),
  ];
  t.ok(moving < 0.42 && atRest > 0.5, `${moving}, ${atRest}`);
});

t.test("noise is measured in lumas, and light that changes evenly is none", async (t) => {
  const noiseOf = (lumas: Float32Array) => measureQuality(still, FACE, lumas).noise;
  const slope = Float32Array.from({ length: 112 * 112 }, (_, at) => (at % 112) + Math.floor(at / 112) / 2);
  t.ok(noiseOf(slope) < 1e-3);
  const random = randomOf(3);
  for (const deviation of [2, 6]) {
    // Twelve numbers from 0 to 1 have a sum with a standard deviation of 1.
    const normal = () => Array.from({ length: 12 }, random).reduce((sum, one) => sum + one, -6);
    const noise = noiseOf(slope.map((luma) => luma + deviation * normal()));
    t.ok(Math.abs(noise - deviation) < 0.1 * deviation, `${noise} for ${deviation}`);
  }
});

t.test("every bound of the profile can be broken", async (t) => {
  const broken: readonly (readonly [Defect, Partial<typeof GOOD>])[] = [
    ["InterEyeDistance", { interEyeDistancePixels: 10 }],
    ["LeftwardCrop", { leftwardCrop: 0.2 }],
    ["RightwardCrop", { rightwardCrop: 0.2 }],
    ["MarginAbove", { marginAbove: 0 }],
    ["MarginBelow", { marginBelow: -1 }],
    ["UnderExposurePrevention", { underExposure: 0.9 }],
    ["OverExposurePrevention", { overExposure: 0.9 }],
    ["HeadPoseYaw", { headPoseYawDegrees: -50 }],
    ["HeadPosePitch", { headPosePitchDegrees: 50 }],
    ["HeadPoseRoll", { headPoseRollDegrees: -50 }],
    ["Sharpness", { sharpness: 0 }],
    ["MouthOcclusionPrevention", { mouthOcclusion: 0.5 }],
    ["FaceOcclusionPrevention", { landmarkShift: 0.2 }],
  ];
  t.same(findDefects(GOOD, LIVE_PROFILE), []);
  for (const [defect, change] of broken) t.same(findDefects({ ...GOOD, ...change }, LIVE_PROFILE), [defect]);
});
