import t from "tap";
import { findTurns, usableYaw } from "../../../../workshop/evaluate/films/turns.ts";
import { GOOD } from "../../../support/scores.ts";

const still = (frames: number) => Array.from({ length: frames }, () => 0);

t.test("a turn goes from the last frontal frame to where the head is turned furthest", async (t) => {
  const yaws = [...still(8), 12, 17, 24, 20, 11, 3, -14, -16, -12, 0];
  t.same(findTurns(yaws), [
    { side: "left", heldFrom: 2, from: 7, to: 10, degrees: 24 },
    { side: "right", heldFrom: 13, from: 13, to: 15, degrees: 16 },
  ]);
});

t.test("a tremble on the way is no end, and turning back is one", async (t) => {
  t.match(findTurns([...still(5), 12, 16, 14.5, 22, 25, 24, 20, 28]), [{ from: 4, to: 9, degrees: 25 }]);
  t.match(findTurns([...still(5), 12, 18, 16, 22, 0]), [{ to: 6, degrees: 18 }], "two degrees are no tremble");
  const slow = Array.from({ length: 40 }, (_, i) => 16 + i / 10);
  t.match(findTurns([...still(1), ...slow]), [{ from: 0, to: 20 }], "it takes two seconds at most");
});

t.test("what is no turn that somebody would make who is asked is left out", async (t) => {
  t.same(findTurns([...still(5), 12, 14, 12, 0]), [], "it does not reach far enough");
  t.same(findTurns([...still(5), 12, undefined, 20, 0]), [], "the face is lost on the way");
  t.same(findTurns([...still(5), 12, -20, 0]), [], "it goes to the other side");
  t.same(findTurns([...still(2), ...Array.from({ length: 25 }, () => 12), 16, 0]), [], "it takes too long");
  t.same(findTurns([20, 20, 20, 18]), [], "it was turned from the beginning");
  t.match(findTurns([...still(1), 20, 29, 45, 60]), [{ to: 2, degrees: 29 }], "cut before the profile");
});

t.test("only a face that the device can use shows where the head is turned", async (t) => {
  const quality = { ...GOOD, headPoseYawDegrees: 20 };
  t.equal(usableYaw({ kind: "unchanged", quality }), 20);
  t.equal(usableYaw({ kind: "unchanged", quality, jumped: true }), undefined, "the first picture after a jump");
  t.equal(
    usableYaw({ kind: "poor_quality", quality, defects: ["FaceOcclusionPrevention"] }),
    undefined,
    "behind hands",
  );
  t.equal(usableYaw({ kind: "no_face" }), undefined);
});
