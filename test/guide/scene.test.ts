import t from "tap";
import { afterProgress, afterReport, IDLE, isPaced, type Scene, WAITING } from "../../guide/scene.ts";
import type { Hint } from "../../protocol/messages/contract.ts";

const hint = (name: Hint | null): Scene => afterProgress(WAITING, { stage: "hint", hint: name });

t.test("a hint waits until the one before could be read", async (t) => {
  t.ok(isPaced(hint("come_closer"), hint("more_light")));
  t.ok(isPaced(hint("come_closer"), hint(null)), "also when it is withdrawn");
  t.ok(isPaced(hint(null), hint("come_closer")));
});

t.test("a turn of the head has a time limit: its hint and the next one wait for nothing", async (t) => {
  for (const turn of ["turn_left", "turn_right"] as const) {
    t.notOk(isPaced(hint("hold_still"), hint(turn)));
    t.notOk(isPaced(hint(turn), hint("look_at_the_camera")));
  }
  t.notOk(isPaced(hint("turn_left"), hint("turn_right")));
  t.ok(isPaced(hint("look_at_the_camera"), hint("more_light")), "after that hints wait again");
});

t.test("whatever is no hint waits for nothing, and delays nothing", async (t) => {
  const looking = afterProgress(WAITING, { stage: "looking", hint: null });
  for (const scene of [IDLE, WAITING, looking, afterReport({ decision: "match" })]) {
    t.notOk(isPaced(hint("come_closer"), scene), scene.kind);
    t.notOk(isPaced(scene, hint("come_closer")), scene.kind);
  }
});
