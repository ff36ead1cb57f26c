import t from "tap";
import { headPose } from "../../../models/detection/pose.ts";

/** The six landmarks of the generic head, turned by these angles and seen from far away, 100 pixels from the corner. */
function landmarksAt(yawDegrees: number, pitchDegrees: number, rollDegrees: number) {
  const [yaw, pitch, roll] = [yawDegrees, pitchDegrees, rollDegrees].map((angle) => (angle * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  const head: Readonly<Record<number, readonly [number, number, number]>> = {
    30: [0, 0, 0],
    8: [0, 330, -65],
    36: [-225, -170, -135],
    45: [225, -170, -135],
    48: [-150, 150, -125],
    54: [150, 150, -125],
  };
  return Array.from({ length: 68 }, (_, index) => {
    const [x, y, z] = head[index] ?? [0, 0, 0];
    const nodded = [x, y * Math.cos(pitch) - z * Math.sin(pitch), y * Math.sin(pitch) + z * Math.cos(pitch)] as const;
    const turned = [nodded[0] * Math.cos(yaw) + nodded[2] * Math.sin(yaw), nodded[1]] as const;
    return {
      x: 100 + 0.2 * (turned[0] * Math.cos(roll) - turned[1] * Math.sin(roll)),
      y: 100 + 0.2 * (turned[0] * Math.sin(roll) + turned[1] * Math.cos(roll)),
    };
  });
}

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
