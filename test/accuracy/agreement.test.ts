import t from "tap";
import { compareLocated, describeAgreement, type Located } from "./agreement.ts";

const box = (x: number) => ({ x, y: 0, width: 100, height: 100 });

/** 68 points whose eyes are 50 apart, all moved to the right by `moved`. */
function landmarks(moved = 0) {
  return Array.from({ length: 68 }, (_, i) => ({ x: (i >= 42 && i <= 47 ? 50 : 0) + moved, y: 0 }));
}

/** The first face is the one that is meant. */
const located = (faces: readonly number[], moved?: number): Located => ({
  faces: faces.map(box),
  subject: faces[0] === undefined ? undefined : { box: box(faces[0]), landmarks: landmarks(moved) },
});

t.test("the same is the same", async (t) => {
  const same = compareLocated([located([0, 300]), located([])], [located([0, 300]), located([])]);
  t.same(same, {
    pictures: 2,
    subjects: { of: 1, lost: 0, extra: 0 },
    faces: { of: 2, lost: 0, extra: 0 },
    shift: { median: 0, worst: 0, count: 1 },
  });
  t.match(describeAgreement(same), /^same faces found .*; landmark shift median 0\.00 %/);
});

t.test("a face that moved a little is the same, one elsewhere is one lost and one extra", async (t) => {
  const apart = (a: readonly number[], b: readonly number[]) => compareLocated([located(a)], [located(b)]);
  t.match(apart([0], [10]), { subjects: { of: 1, lost: 0, extra: 0 }, shift: { count: 1 } });
  t.match(apart([0], [90]), { subjects: { lost: 1, extra: 1 }, faces: { lost: 1, extra: 1 }, shift: { count: 0 } });
  t.match(apart([0], []), { subjects: { lost: 1, extra: 0 }, shift: { count: 0 } });
  t.match(apart([], [0]), { subjects: { of: 0, lost: 0, extra: 1 } });
  t.match(apart([0, 300], [0]), { subjects: { lost: 0 }, faces: { of: 2, lost: 1, extra: 0 } }, "a bystander");
  t.match(describeAgreement(apart([0], [90])), /^not the same faces found .*1 lost, 1 extra of 1;/);
});

t.test("shifts are shares of the eye distance, the median and the worst told", async (t) => {
  const reference = [located([0]), located([0]), located([0])];
  const { shift } = compareLocated(reference, [located([0], 1), located([0], 0.5), located([0], 10)]);
  t.ok(Math.abs(shift.median - 0.02) < 1e-9 && Math.abs(shift.worst - 0.2) < 1e-9, JSON.stringify(shift));
});
