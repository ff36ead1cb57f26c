import t from "tap";
import { promptOf } from "../../../device/session/challenge.ts";
import { advise, encourage, guide, improve, request, SILENT } from "../../../device/session/guidance.ts";
import { hintOf, next, type SessionState, STARTED } from "../../../device/session/session.ts";
import type { Defect } from "../../../models/quality/profile.ts";
import type { Quality } from "../../../models/quality/quality.ts";
import { HINTS, type Hint } from "../../../protocol/messages/contract.ts";
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
  t.equal(advise({ kind: "no_face", hidden: "behind" }), "too_bright_behind");
  t.equal(poor(["HeadPoseRoll"]), "hold_head_straight");
  t.equal(advise({ kind: "no_face", hidden: "everywhere" }), "less_light");
  t.equal(advise({ kind: "no_face", hidden: "blurred" }), "hold_still");
  t.equal(poor(["Sharpness"]), "hold_still");
  t.equal(poor(["RightwardCrop"]), "move_to_the_middle");
  t.equal(poor(["MarginBelow"], 0.6), "move_back", "a face cut because it is too near");
});

t.test("of several things one is said: the first that helps", async (t) => {
  t.equal(poor(["Sharpness", "InterEyeDistance"]), "come_closer");
});

t.test("a bare face that is lit badly, blurred, cut off or tilted is not told to uncover itself", async (t) => {
  const covered = (change: Partial<Quality>, defects: readonly Defect[] = ["MouthOcclusionPrevention"]) =>
    advise({ kind: "poor_quality", quality: { ...GOOD, ...change }, defects });
  t.equal(covered({}), "uncover_face");
  const masked = { sharpness: 0.2, headPoseRollDegrees: -17 };
  t.equal(covered(masked, ["MouthOcclusionPrevention", "FaceOcclusionPrevention"]), "uncover_face", "a mask is smooth");
  t.equal(covered({ luminanceMean: 0.15, backgroundLuminance: 0.9 }), "too_bright_behind");
  t.equal(covered({ illuminationUniformity: 0.3 }), "face_the_light");
  t.equal(covered({ luminanceMean: 0.1, backgroundLuminance: 0.1 }), "more_light");
  t.equal(covered({ sharpness: 0.2 }), "hold_still");
  t.equal(covered({ detailAcross: 0.3 }), "hold_still", "somebody who moves sideways");
  t.equal(covered({ leftwardCrop: 1 }), "move_to_the_middle");
  const cut = { leftwardCrop: 1.5, rightwardCrop: 15 };
  t.equal(
    covered(cut, ["MouthOcclusionPrevention", "FaceOcclusionPrevention"]),
    "move_to_the_middle",
    "half is outside",
  );
  t.equal(covered(cut), "uncover_face", "landmarks that hold say where the face is");
  const shaded = { illuminationUniformity: 0.55 };
  t.equal(covered(shaded, ["FaceOcclusionPrevention"]), "face_the_light", "landmarks have no hold in the shadow");
  t.equal(covered({ headSize: 0.7 }), "move_back");
  t.equal(covered({ headPoseRollDegrees: -20 }), "hold_head_straight");
  t.equal(poor(["FaceOcclusionPrevention"]), "look_at_the_camera", "nothing is known to be before the face");
});

t.test("a face that is good enough can be asked to be better, and one that is good is left alone", async (t) => {
  const tilted = { ...scored(0.5), quality: { ...GOOD, headPoseRollDegrees: 20 } };
  t.equal(improve(tilted), "hold_head_straight");
  t.equal(improve(scored(0.5)), null);
  t.equal(improve({ kind: "no_face" }), null);
});

/** Takes a row of what each frame advises, a tenth of a second apart; gives when what was said. */
function spoken(advice: readonly (Hint | null)[], instead: Hint = "hold_still"): readonly [number, Hint | null][] {
  let guidance = SILENT;
  const changes: [number, Hint | null][] = [];
  for (const [i, one] of advice.entries()) {
    const before = guidance.said;
    guidance = guide(guidance, one, instead, i * 100);
    if (guidance.said !== before) changes.push([i * 100, guidance.said]);
  }
  return changes;
}

const frames = <const T>(count: number, advice: T): readonly T[] => Array.from({ length: count }, () => advice);

t.test("a hint is said after 0.7 s of its cause, by the time of the frames", async (t) => {
  t.same(spoken(frames(8, "come_closer")), [[700, "come_closer"]]);
  t.same(spoken([...frames(5, "come_closer"), ...frames(6, null), ...frames(6, "come_closer")]), [], "it must hold on");
  const between = [...frames(5, "come_closer"), null, ...frames(5, "come_closer")];
  t.same(spoken(between), [[800, "come_closer"]], "one frame that sees something else does not begin it anew");
  const slow = guide(guide(SILENT, "more_light", "hold_still", 0), "more_light", "hold_still", 900);
  t.equal(slow.said, "more_light", "two frames of a slow board are enough");
});

t.test("a hint stands for 1.5 s at least, and then gives way to one that has held for 0.7 s", async (t) => {
  const changes = spoken([...frames(9, "come_closer"), ...frames(20, "more_light")]);
  t.same(changes, [
    [700, "come_closer"],
    [2_200, "more_light"],
  ]);
  t.same(spoken([...frames(9, "come_closer"), ...frames(16, null)]).at(-1), [2_200, null], "it is taken back alike");
});

t.test("what was advised before a request is not said after it", async (t) => {
  let guidance = SILENT;
  for (let i = 0; i < 12; i++) guidance = guide(guidance, "hold_head_straight", "hold_still", i * 100);
  for (let i = 12; i < 40; i++) guidance = request(guidance, "turn_left", i * 100);
  t.equal(guidance.said, "turn_left");
  for (let i = 40; i < 48; i++) guidance = guide(guidance, "come_closer", "hold_still", i * 100);
  t.equal(guidance.said, "come_closer");
});

t.test("while nothing is decided there is never silence for longer than 2 s", async (t) => {
  t.same(spoken(frames(25, null)), [[2_000, "hold_still"]]);
  const flickering = Array.from({ length: 25 }, (_, i) => (i % 2 === 0 ? "more_light" : "come_closer") as Hint);
  t.same(spoken(flickering), [[2_000, "more_light"]], "also where causes take turns");
});

t.test("who is looked at in vain is told what is not at its best", async (t) => {
  const about = (change: Partial<Quality>) => encourage({ ...scored(0.5), quality: { ...GOOD, ...change } });
  t.equal(about({ interEyeDistancePixels: 40 }), "come_closer");
  t.equal(about({ illuminationUniformity: 0.6 }), "face_the_light");
  t.equal(about({ headPoseRollDegrees: 10 }), "hold_head_straight");
  t.equal(about({ headPoseYawDegrees: 15 }), "look_at_the_camera");
  t.equal(about({}), "hold_still");
});

t.test("no hint of the contract is out of reach", async (t) => {
  const defects: readonly Defect[] = [
    "InterEyeDistance",
    "UnderExposurePrevention",
    "OverExposurePrevention",
    "LeftwardCrop",
    "HeadPoseYaw",
    "HeadPoseRoll",
    "Sharpness",
    "MouthOcclusionPrevention",
    "FaceOcclusionPrevention",
  ];
  const rules = { threshold: 0.5, bonaFideAtLeast: 0.3, attackBelow: 0.05 };
  const still = frames(22, scored(0.9, 0.99, [])).reduce<SessionState>(
    (state, observation, i) => next(state, { kind: "observed", observation, atMs: i * 100 }, rules),
    next(STARTED, { kind: "enrolled" }, rules),
  );
  const given = new Set([advise({ kind: "no_face" }), advise({ kind: "two_faces" }), poor(["MarginAbove"], 0.6)]);
  for (const defect of defects) given.add(poor([defect]));
  for (const dark of [{ backgroundLuminance: 0.9 }, { illuminationUniformity: 0.2 }]) {
    given.add(improve({ ...scored(0.5), quality: { ...GOOD, luminanceMean: 0.1, ...dark } }));
  }
  given.add(hintOf(still));
  for (const side of ["left", "right"] as const) {
    given.add(promptOf({ kind: "turning", turn: 0, sinceMs: 0 }, { policy: "always", sides: [side] }));
  }
  t.same([...given].sort(), [...HINTS].sort());
});
