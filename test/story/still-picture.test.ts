import t from "tap";
import { SPECIES } from "../support/attack-film.ts";
import { openStand } from "../support/attempts.ts";
import { TOUCHES } from "../support/touch.ts";

const stand = await openStand({ framesPerSecond: 10, timeoutMs: 5_000, filmSeconds: 12 });
t.teardown(() => stand[Symbol.asyncDispose]());

t.test("a still picture before the camera never ends in a match, however it is held or touched", async (t) => {
  for (const [i, species] of [...SPECIES, ...TOUCHES].entries()) {
    const man = stand.men[i % stand.men.length];
    if (!man) throw new Error("there is nobody in the films");
    const { verdict } = await stand.attack(man, species, i + 1);
    t.not(verdict.decision, "match", `${species}: ${verdict.reason}`);
  }
  t.comment("one attempt for each way to hold or touch it; npm run spoof makes as many as wanted");
});

t.test("the men themselves are matched", async (t) => {
  for (const man of stand.men) {
    const { verdict, tookMs } = await stand.live(man, 0);
    t.comment(`${man.name}: ${verdict.decision} after ${Math.round(tookMs)} ms of film`);
    t.equal(verdict.decision, "match", man.name);
  }
});

t.test("a man with a mask on gets neither a yes nor a no", async (t) => {
  for (const [i, mask] of (["surgical_blue", "cloth_black"] as const).entries()) {
    const man = stand.men[i];
    if (!man) throw new Error("there are two men in the films");
    const { verdict } = await stand.masked(man, 0, mask, "high");
    t.match(verdict, { decision: "inconclusive", reason: "poor_quality" }, mask);
  }
  t.comment("npm run masks verifies each man with each mask");
});
