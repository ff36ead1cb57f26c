import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { atMost, openResources } from "../../../device/process/disposable-stack.ts";

t.test("what was opened is closed, the last first, all of it, and the first error is thrown", async (t) => {
  const opened = openResources();
  const closed: string[] = [];
  opened.use({ [Symbol.asyncDispose]: async () => void closed.push("first") });
  opened.onClose(() => Promise.reject(new Error("second")));
  opened.onClose(async () => void closed.push("third"));
  await t.rejects(async () => opened[Symbol.asyncDispose](), { message: "second" });
  t.same(closed, ["third", "first"]);
  await opened[Symbol.asyncDispose]();
  t.equal(closed.length, 2, "once");
});

t.test("work is waited for, but not for longer than is said", async (t) => {
  let done = false;
  await atMost(
    10_000,
    sleep(5).then(() => {
      done = true;
    }),
  );
  t.ok(done);
  const startedMs = performance.now();
  const waited = atMost(10, new Promise(() => undefined));
  // Only the test keeps the process alive here: the timer of atMost does not.
  await Promise.all([waited, sleep(15)]);
  t.ok(performance.now() - startedMs < 5_000);
});
