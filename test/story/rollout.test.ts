import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { type RolloutStage, setRolloutStage } from "../support/rollout-stage.ts";

/** Four cameras and a dozen commands take longer than a test may: `npm run rollout`. */
const stage = process.env["MATCHLIGHT_TEST_ROLLOUT"] ? await setRolloutStage(t) : undefined;

/** A test with the stage, if there is one. */
function story(name: string, play: (t: Test, stage: RolloutStage) => Promise<void>): void {
  t.test(name, { skip: stage ? false : "npm run rollout" }, async (t) => stage && play(t, stage));
}

story(
  "a worse pack is halted in its first stage, and taken back",
  async (t, { run, having, doneBy, packs, gateway, operator, plan }) => {
    // What was before is needed to compare with.
    await sleep(2_000);
    const rollout = await run("start", "--pack", packs.bad.at, ...plan, ...operator);
    t.equal(rollout.code, 1, rollout.said);
    t.match(rollout.said, /halted.*worse: .*inconclusive/);
    t.equal(having(packs.bad.hash), 2, "the first stage, and nobody else");
    const status = await run("status", ...gateway);
    t.equal(status.code, 1);
    t.match(status.said, /inconclusive.*WORSE/);
    const again = await run("start", "--pack", packs.good.at, ...plan, ...operator);
    t.match(again, { code: 3, said: /rollout_state/ }, "not two at once");
    const back = await run("roll-back", ...operator);
    t.equal(back.code, 0, back.said);
    t.equal(having(packs.bad.hash), 0);
    t.same(doneBy("pack_rollback").filter(Boolean), [1, 1], "each that had it, once");
  },
);

story("a pack that cameras refuse is halted at once", async (t, { run, packs, operator, plan }) => {
  const rollout = await run("start", "--pack", packs.unwanted.at, ...plan, ...operator);
  t.match(rollout, { code: 1, said: /worse: refused/ });
  t.match(await run("roll-back", ...operator), { code: 0 });
});

story(
  "a good pack goes through, also when it is killed in the middle; so does the way back",
  async (t, { run, killAfter, having, doneBy, packs, operator, plan }) => {
    const resume = ["resume", "--pack", packs.good.at, ...operator];
    await sleep(2_000);
    t.ok(await killAfter(() => having(packs.good.hash) > 0, "start", "--pack", packs.good.at, ...plan, ...operator));
    t.ok(having(packs.good.hash) <= 2);
    t.match(await run("resume", "--pack", packs.bad.at, ...operator), { code: 3, said: /another pack/ });
    t.ok(await killAfter(() => having(packs.good.hash) > 2, ...resume));
    const resumed = await run(...resume);
    t.match(resumed, { code: 0, said: /done, stage 2 of 2/ });
    t.equal(having(packs.good.hash), 4);
    const activated = doneBy("pack_activate");

    const before = doneBy("pack_rollback").reduce((sum, one) => sum + one, 0);
    t.ok(await killAfter(() => having(packs.good.hash) < 4, "roll-back", ...operator));
    t.match(await run("roll-back", ...operator), { code: 0, said: /undone/ });
    t.equal(having(packs.good.hash), 0);
    const after = doneBy("pack_rollback").reduce((sum, one) => sum + one, 0);
    t.equal(after - before, 4, "none was rolled back twice, which would be forth again");
    t.same(doneBy("pack_activate"), activated);
  },
);

story(
  "settings that make it worse are halted and taken back by the same command",
  async (t, { run, cameras, doneBy, operator, plan }) => {
    await sleep(2_000);
    const rollout = await run("start", "--set", "MATCHLIGHT_TIMEOUT_MS=1000", "--roll-back", ...plan, ...operator);
    t.match(rollout, { code: 1, said: /●●\|○○ +halted.*\nworse: .*inconclusive.*\n.*\n.*undone/s });
    t.match(rollout.said, /↺↺\|○○ +undone.*\nThe change is taken back/s);
    t.same(doneBy("config_set").filter(Boolean).length, 2, "the first stage, and nobody else");
    t.same(
      cameras.map(({ config }) => config()),
      [{}, {}, {}, {}],
    );
  },
);

story("help teaches, and a token that may not is refused", async (t, { run, stranger }) => {
  t.match(await run("--help"), { code: 0, said: /1 % of the cameras/ });
  t.match(await run("status", ...stranger), { code: 3, said: /not_allowed/ });
});
