import t from "tap";
import { compareLocated, describeAgreement, type Located } from "../../../models/forge/agreement.ts";

const box = (x: number) => ({ x, y: 0, width: 100, height: 100 });

/** 68 points whose eyes are 50 apart, all moved to the right by `moved`. */
function landmarks(moved = 0) {
  return Array.from({ length: 68 }, (_, i) => ({ x: (i >= 42 && i <= 47 ? 50 : 0) + moved, y: 0 }));
}

const located = (faces: readonly number[], moved?: number): Located => ({
  faces: faces.map(box),
  landmarks: faces.length > 0 ? landmarks(moved) : undefined,
});

t.test("the same is the same", async (t) => {
  const same = compareLocated([located([0, 300]), located([])], [located([0, 300]), located([])]);
  t.same(same, { pictures: 2, faces: 2, lost: 0, extra: 0, shift: { median: 0, worst: 0, count: 1 } });
  t.match(describeAgreement(same), /^same faces found \(2 in 2 pictures\); landmark shift median 0\.00 %/);
});

t.test("a face that moved a little is the same, one elsewhere is one lost and one extra", async (t) => {
  t.match(compareLocated([located([0])], [located([10])]), { lost: 0, extra: 0 });
  t.match(compareLocated([located([0])], [located([90])]), { lost: 1, extra: 1 });
  t.match(compareLocated([located([0])], [located([])]), { lost: 1, extra: 0, shift: { count: 0 } });
  t.match(compareLocated([located([])], [located([0])]), { lost: 0, extra: 1 });
});

t.test("shifts are shares of the eye distance, the median and the worst told", async (t) => {
  const reference = [located([0]), located([0]), located([0])];
  const { shift } = compareLocated(reference, [located([0], 1), located([0], 0.5), located([0], 10)]);
  t.ok(Math.abs(shift.median - 0.02) < 1e-9 && Math.abs(shift.worst - 0.2) < 1e-9, JSON.stringify(shift));
});
