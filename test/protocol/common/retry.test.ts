import t from "tap";
import { retry } from "../../../protocol/common/retry.ts";

const OFTEN = { firstMs: 2, mostMs: 4 };

t.test("the first attempt is made at once, each further one after a wait", async (t) => {
  const { signal } = new AbortController();
  const startedMs = performance.now();
  for await (const { failures } of retry({ firstMs: 20, mostMs: 20, signal })) {
    const leastMs = failures === 0 ? 0 : failures * 9;
    t.ok(performance.now() - startedMs >= leastMs, `attempt ${failures + 1} after ${leastMs} ms`);
    if (failures === 3) break;
  }
});

t.test("the signal ends the attempts, also while they wait", async (t) => {
  const over = new AbortController();
  let made = 0;
  for await (const _ of retry({ firstMs: 60_000, mostMs: 60_000, signal: over.signal })) {
    made++;
    setTimeout(() => over.abort(), 5);
  }
  t.equal(made, 1);
  for await (const _ of retry({ ...OFTEN, signal: over.signal })) t.fail("no attempt after the end");
});

t.test("an attempt that succeeds starts the waits over", async (t) => {
  const { signal } = new AbortController();
  const seen: number[] = [];
  for await (const { failures, succeeded } of retry({ ...OFTEN, signal })) {
    seen.push(failures);
    if (seen.length === 3) succeeded();
    if (seen.length === 5) break;
  }
  t.same(seen, [0, 1, 2, 0, 1]);
});
