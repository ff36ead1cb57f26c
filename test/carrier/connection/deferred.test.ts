import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { deferred } from "../../../carrier/connection/deferred.ts";

t.test("a value reaches those who wait and those who come later", async (t) => {
  const one = deferred<number>();
  const waiting = one.within(1_000, () => new Error("late"));
  t.equal(one.value(), undefined);
  one.fill(1);
  t.equal(await waiting, 1);
  one.fill(2);
  t.equal(await one.within(0, () => new Error("late")), 2);
});

t.test("who waits too long gets the error, and the next one still gets the value", async (t) => {
  const one = deferred<number>();
  // Its timer keeps no process alive; this one does.
  await Promise.all([
    t.rejects(
      one.within(5, () => new Error("late")),
      { message: "late" },
    ),
    sleep(100),
  ]);
  one.fill(3);
  t.equal(one.value(), 3);
});
