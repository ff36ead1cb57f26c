import t from "tap";
import { isJudgedWorse } from "../../../cli/rollout/go-on.ts";
import { pictureOf } from "../../../cli/rollout/picture.ts";

t.test("each camera is a mark, by stages", async (t) => {
  const cameras = [
    { stage: 1, state: "done", cameras: 1 },
    { stage: 2, state: "pending", cameras: 3 },
    { stage: 2, state: "sent", cameras: 2 },
    { stage: 2, state: "failed", cameras: 1 },
    { stage: 3, state: "undone", cameras: 2 },
  ] as const;
  t.equal(pictureOf({ shares: [10, 50, 100], cameras }), "●|✕◐◐○○○|↺↺");
  t.equal(pictureOf({ shares: [50, 100], cameras: [] }), "|");
});

t.test("a large fleet is drawn in proportion, and one camera that refuses is seen", async (t) => {
  const cameras = [
    { stage: 1, state: "done", cameras: 10 },
    { stage: 2, state: "failed", cameras: 1 },
    { stage: 2, state: "pending", cameras: 989 },
  ] as const;
  const [first = "", second = ""] = pictureOf({ shares: [1, 100], cameras }).split("|");
  t.equal(first, "●");
  t.match(second, /^✕○{39,41}$/);
});

t.test("what somebody halted by hand is not taken back by itself", async (t) => {
  const comparisons = [{ figure: "no_match", now: { bad: 4, of: 4 }, worse: true }];
  t.ok(isJudgedWorse({ state: "halted", why: "worse: no_match", comparisons }));
  t.notOk(isJudgedWorse({ state: "halted", why: "shops call", comparisons }));
  t.notOk(isJudgedWorse({ state: "halted", why: null, comparisons }));
  t.notOk(isJudgedWorse({ state: "running", why: "worse: no_match", comparisons }));
  t.notOk(isJudgedWorse({ state: "halted", why: "worse: shops call", comparisons: [] }));
});
