import t from "tap";
import { chooseSubject, nearestToCentre } from "../../../models/pipeline/subject.ts";
import { draw, GREY } from "../../support/pictures.ts";

const face = (x: number, size: number) => ({ box: { x, y: 0, width: size, height: size }, score: 1 });

t.test("nobody, one, or several who could be meant", async (t) => {
  t.same(chooseSubject([]), { kind: "nobody" });
  t.same(chooseSubject([face(0, 100)]), { kind: "one", face: face(0, 100) });
  t.same(chooseSubject([face(200, 90), face(0, 100), face(300, 20)]), {
    kind: "several",
    faces: [face(0, 100), face(200, 90)],
  });
});

t.test("a clearly smaller face is a bystander", async (t) => {
  t.same(chooseSubject([face(200, 40), face(0, 100)]), { kind: "one", face: face(0, 100) });
});

t.test("the labelled subject is the face nearest to the middle, whatever its size", async (t) => {
  const picture = draw(100, 20, () => GREY);
  t.same(nearestToCentre([face(0, 20), face(45, 10)], picture), face(45, 10));
  t.equal(nearestToCentre([], picture), undefined);
});
