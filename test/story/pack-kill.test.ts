import t from "tap";
import { packKillRounds } from "../support/pack-kill.ts";

t.test("the power may go at any moment: what is in force is a whole pack, the old one or the new one", async (t) => {
  const seed = Date.now() % 1_000_000;
  const result = await packKillRounds(3, seed);
  t.comment(`seed ${seed}; killed after ${JSON.stringify(result.killedAfter)}`);
  t.same(result.halfPacks, []);
  t.ok(result.wentIn, "left alone, the pack goes in");
  t.ok(result.cameOut, "and comes out again");
});
