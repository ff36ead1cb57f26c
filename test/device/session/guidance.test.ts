import t from "tap";
import { promptOf } from "../../../device/session/challenge.ts";
import { advise, guide } from "../../../device/session/guidance.ts";
import type { Defect } from "../../../models/quality/profile.ts";
import { HINTS } from "../../../protocol/messages/contract.ts";
import { GOOD, scored } from "../../support/scores.ts";

const poor = (defects: readonly Defect[], headSize = 0.3) =>
  advise({ kind: "poor_quality", quality: { ...GOOD, headSize }, defects });

t.test("each thing that is wrong has its advice", async (t) => {
  t.equal(advise({ kind: "no_face" }), "step_in_front");
  t.equal(advise({ kind: "too_dark" }), "more_light");
  t.equal(advise({ kind: "two_faces" }), "one_person_only");
  t.equal(advise(scored(0.2)), null, "a score is never hinted at");
  t.equal(poor(["InterEyeDistance"]), "come_closer");
  t.equal(poor(["UnderExposurePrevention"]), "more_light");
  t.equal(poor(["OverExposurePrevention"]), "less_light");
  t.equal(poor(["HeadPoseYaw"]), "look_at_the_camera");
  t.equal(poor(["Sharpness"]), "hold_still");
  t.equal(poor(["RightwardCrop"]), "move_to_the_middle");
  t.equal(poor(["MarginBelow"], 0.6), "move_back", "a face cut because it is too near");
});

t.test("of several things one is said: the first that helps", async (t) => {
  t.equal(poor(["Sharpness", "InterEyeDistance"]), "come_closer");
});

t.test("no hint of the contract is out of reach", async (t) => {
  const defects: readonly Defect[] = [
    "InterEyeDistance",
    "UnderExposurePrevention",
    "OverExposurePrevention",
    "LeftwardCrop",
    "HeadPoseYaw",
    "Sharpness",
    "MouthOcclusionPrevention",
    "FaceOcclusionPrevention",
  ];
  const given = new Set([advise({ kind: "no_face" }), advise({ kind: "two_faces" }), poor(["MarginAbove"], 0.6)]);
  for (const defect of defects) given.add(poor([defect]));
  const quiet = guide({ said: null, next: "move_a_little", times: 2 }, "move_a_little");
  given.add(quiet.said);
  for (const side of ["left", "right"] as const) {
    given.add(promptOf({ kind: "turning", turn: 0, sinceMs: 0 }, { policy: "always", sides: [side] }));
  }
  t.same([...given].sort(), [...HINTS].sort());
});
