import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { deferred, openWaiters } from "../../../carrier/connection/deferred.ts";

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

t.test("when a connection ends, everybody who waits is told, and whoever comes later", async (t) => {
  const waiters = openWaiters();
  const [one, two, known] = [deferred<number>(waiters), deferred<number>(waiters), deferred<number>(waiters)];
  const wait = (of: typeof one) => of.within(600_000, () => new Error("late"));
  known.fill(1);
  const gone = [wait(one), wait(one), wait(two)].map((waits) => t.rejects(waits, { message: "closed" }));
  waiters.end(new Error("closed"));
  await Promise.all([...gone, t.rejects(wait(two), { message: "closed" })]);
  t.equal(await wait(known), 1, "what was known stays known");
});

t.test("a wait that is longer than any timer does not end at once", async (t) => {
  const waiters = openWaiters();
  const one = deferred<number>(waiters);
  const waits = [3e9, Number.POSITIVE_INFINITY].map((ms) => one.within(ms, () => new Error("late")));
  await sleep(50);
  one.fill(1);
  t.same(await Promise.all(waits), [1, 1]);
});
