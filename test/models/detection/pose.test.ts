import t from "tap";
import { headPose } from "../../../models/detection/pose.ts";
import { landmarksAt } from "../../support/generic-head.ts";

for (const [yaw, pitch, roll] of [
  [0, 0, 0],
  [25, 0, 0],
  [-40, 0, 0],
  [0, 20, 0],
  [0, -15, 0],
  [0, 0, 12],
  [0, 0, -30],
] as const) {
  t.test(`yaw ${yaw}, pitch ${pitch}, roll ${roll} degrees are found back`, async (t) => {
    const pose = headPose(landmarksAt(yaw, pitch, roll));
    t.ok(Math.abs(pose.yawDegrees - yaw) < 0.01, `yaw ${pose.yawDegrees}`);
    t.ok(Math.abs(pose.pitchDegrees - pitch) < 0.01, `pitch ${pose.pitchDegrees}`);
    t.ok(Math.abs(pose.rollDegrees - roll) < 0.01, `roll ${pose.rollDegrees}`);
  });
}

t.test("yaw and roll together do not disturb each other", async (t) => {
  const pose = headPose(landmarksAt(20, 0, 15));
  t.ok(Math.abs(pose.rollDegrees - 15) < 1, `roll ${pose.rollDegrees}`);
  t.ok(Math.abs(pose.yawDegrees - 20) < 1, `yaw ${pose.yawDegrees}`);
});
