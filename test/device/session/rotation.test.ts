import t from "tap";
import { type Rotation, type RotationSign, settleRotation } from "../../../device/session/rotation.ts";

const after = (from: Rotation, ...signs: readonly RotationSign[]) => signs.reduce(settleRotation, from).degrees;
const at90: RotationSign = { upright: false, uprightAt: 90 };
const at270: RotationSign = { upright: false, uprightAt: 270 };
const nothing: RotationSign = { upright: false };

t.test("a camera is turned after repeated evidence, and not before", async (t) => {
  t.equal(after({ degrees: 0 }, at90, at90), 0);
  t.equal(after({ degrees: 0 }, at90, at90, at90), 90);
  t.equal(after({ degrees: 0 }, at90, nothing, nothing, at90, at90), 90, "frames that show nothing say nothing");
});

t.test("whatever speaks against it lets it begin anew", async (t) => {
  t.equal(after({ degrees: 0 }, at90, at90, { upright: true }, at90), 0, "an upright face");
  t.equal(after({ degrees: 0 }, at90, at90, at270, at90), 0, "another turn");
});

t.test("a camera that was mounted anew is turned back", async (t) => {
  const upright: RotationSign = { upright: false, uprightAt: 0 };
  t.equal(after({ degrees: 180 }, upright, upright, upright), 0);
});
