import t from "tap";
import { explainReference } from "../../../device/inference/reference-words.ts";
import type { Defect } from "../../../models/quality/profile.ts";
import { GOOD } from "../../support/scores.ts";

const poor = (...defects: readonly Defect[]) =>
  explainReference({
    kind: "unusable",
    problem: "poor_quality",
    defects,
    quality: { ...GOOD, interEyeDistancePixels: 9.7 },
  });

t.test("whoever must send another photo is told why, in words", async (t) => {
  t.match(poor("InterEyeDistance"), /^the photo is too small \(the eyes are 9 pixels apart, \d+ are needed\)$/);
  t.equal(poor("Sharpness", "HeadPoseYaw"), "the photo is blurred, and it shows a face that is turned away");
  t.equal(poor("MarginAbove", "LeftwardCrop"), "the photo cuts off a part of the face", "each thing once");
  t.equal(explainReference({ kind: "unusable", problem: "no_face", defects: [] }), "no face was found in the photo");
});
