import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { atMost, openResources, openWhole } from "../../../protocol/common/disposable-stack.ts";

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

t.test("a whole is closed with its parts, and its getters stay", async (t) => {
  const closed: string[] = [];
  let value = 1;
  const whole = await openWhole(async (opened) => {
    opened.onClose(async () => void closed.push("first"));
    opened.onClose(async () => void closed.push("second"));
    return {
      get value() {
        return value;
      },
    };
  });
  value = 2;
  t.equal(whole.value, 2);
  await whole[Symbol.asyncDispose]();
  t.same(closed, ["second", "first"]);
});

t.test("what was opened is closed when a later part cannot be opened", async (t) => {
  const closed: string[] = [];
  const opening = openWhole(async (opened) => {
    opened.onClose(async () => void closed.push("first"));
    throw new Error("no second part");
  });
  await t.rejects(opening, { message: "no second part" });
  t.same(closed, ["first"]);
});
