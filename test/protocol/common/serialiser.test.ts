import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { openSerialiser } from "../../../protocol/common/serialiser.ts";

t.test("work is done in the order of the calls, one piece at a time", async (t) => {
  const inTurn = openSerialiser();
  const done: string[] = [];
  const piece = (name: string, ms: number) =>
    inTurn(async () => {
      done.push(`${name} begins`);
      await sleep(ms);
      done.push(`${name} ends`);
      return name;
    });
  t.same(await Promise.all([piece("slow", 20), piece("fast", 0)]), ["slow", "fast"], "each caller gets its result");
  t.same(done, ["slow begins", "slow ends", "fast begins", "fast ends"]);
});

t.test("work that fails fails for its caller only", async (t) => {
  const inTurn = openSerialiser();
  const failed = inTurn(() => Promise.reject(new Error("no")));
  const next = inTurn(async () => "done");
  await t.rejects(failed, { message: "no" });
  t.equal(await next, "done");
});
