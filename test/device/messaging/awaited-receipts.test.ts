import t from "tap";
import { openAwaitedReceipts } from "../../../device/messaging/awaited-receipts.ts";

const AGAIN = { firstMs: 1_000, mostMs: 60_000 };

function awaiting() {
  let now = 0;
  const receipts = openAwaitedReceipts(AGAIN, () => now);
  const pass = (ms: number) => {
    now += ms;
  };
  return { receipts, pass };
}

t.test("a report is due at once, and after it was sent not before its wait is over", async (t) => {
  const { receipts, pass } = awaiting();
  t.ok(receipts.isDue(1));
  receipts.sent(1);
  pass(499);
  t.notOk(receipts.isDue(1));
  pass(501);
  t.ok(receipts.isDue(1));
  t.equal(receipts.nextInMs(), 0);
});

t.test("the waits grow up to a bound", async (t) => {
  const { receipts, pass } = awaiting();
  const waits: number[] = [];
  for (let times = 0; times < 10; times++) {
    receipts.sent(1);
    waits.push(receipts.nextInMs() ?? 0);
    pass(60_000);
  }
  const most = waits.map((_, i) => Math.min(60_000, 1_000 * 2 ** i));
  t.ok(
    waits.every((wait, i) => wait >= (most[i] ?? 0) / 2 && wait <= (most[i] ?? 0)),
    waits.join(" "),
  );
});

t.test("while no receipts come, so many are repeated; each that comes makes room for another", async (t) => {
  const { receipts, pass } = awaiting();
  const all = Array.from({ length: 200 }, (_, i) => i + 1);
  for (const seq of all) receipts.sent(seq);
  pass(1_000);
  const repeated: number[] = [];
  for (const seq of all) {
    if (!receipts.isDue(seq)) continue;
    receipts.sent(seq);
    repeated.push(seq);
  }
  t.same(repeated, all.slice(0, 64));
  t.notOk(receipts.isDue(65));
  receipts.forget([3]);
  t.ok(receipts.isDue(65));
});

t.test("a new connection makes all due again soon, however long they would have waited", async (t) => {
  const { receipts, pass } = awaiting();
  for (let times = 0; times < 6; times++) receipts.sent(1);
  t.ok((receipts.nextInMs() ?? 0) > 10_000);
  receipts.connected();
  pass(1_000);
  t.ok(receipts.isDue(1));
});
