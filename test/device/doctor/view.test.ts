import t from "tap";
import { judgeView, type View } from "../../../device/doctor/view.ts";
import { HINTS } from "../../../protocol/messages/contract.ts";

const view = (hint: View["hint"]): View => ({
  frame: { width: 640, height: 480 },
  rotation: 0,
  seen: hint === "step_in_front" ? "nobody" : "one",
  hint,
});

t.test("nobody, and whatever else can be wrong, is named with what to do", async (t) => {
  t.match(judgeView([view("step_in_front")], 0, "auto"), { level: "warn", found: "nobody in view", next: /Stand/ });
  for (const hint of HINTS.slice(0, -2)) {
    const { level, next } = judgeView([view(hint)], 0, "auto");
    if (hint !== "move_a_little") t.match({ level, next }, { level: "warn", next: /\w+/ }, hint);
  }
});

t.test("what most frames show counts, and of two as frequent the later", async (t) => {
  const views = [view("hold_still"), view(null), view(null)];
  t.match(judgeView(views, 0, "auto"), { level: "ok" });
  t.match(judgeView([...views, view("hold_still")], 0, "auto"), { level: "warn", found: /blurred/ });
});

t.test("without a frame nothing is said of the view", async (t) => {
  t.match(judgeView([], 0, "auto"), { level: "warn", found: /no frame/ });
});

t.test("a set rotation is held against the one that was found", async (t) => {
  t.match(judgeView([view(null)], 90, 90), { level: "ok" });
  t.match(judgeView([view(null)], 90, 180), { level: "warn", found: /turned by 270°/, next: /rotate=90/ });
});
