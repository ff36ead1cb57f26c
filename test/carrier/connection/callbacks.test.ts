import { once } from "node:events";
import t from "tap";
import { guarded } from "../../../carrier/connection/callbacks.ts";

t.test("what a user's function throws, now or later, goes to one place", async (t) => {
  const failed: unknown[] = [];
  const fail = (error: unknown) => void failed.push(error);
  const seen: number[] = [];
  guarded((value: number) => seen.push(value), fail)(7);
  t.same(seen, [7], "called at once");
  guarded(undefined, fail)();
  guarded(() => {
    throw "now";
  }, fail)();
  guarded(async () => {
    throw "later";
  }, fail)();
  await new Promise(setImmediate);
  t.same(failed, ["now", "later"]);
});

t.test("where nobody is there to be informed, it is a warning and no end", async (t) => {
  const warned = once(process, "warning");
  guarded(() => {
    throw new Error("nobody listens");
  })();
  t.match(await warned, [{ message: "nobody listens" }]);
});
