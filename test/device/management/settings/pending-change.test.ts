import { join } from "node:path";
import t from "tap";
import { judgeChange, monitorChange } from "../../../../device/management/settings/change-monitor.ts";
import {
  decideChange,
  keepPending,
  keepTexts,
  readChanges,
  textsInForce,
} from "../../../../device/management/settings/pending-change.ts";
import { openLog } from "../../../../device/process/log.ts";
import { openStore, type Store } from "../../../../device/storage/store.ts";

const boundMs = 120_000;
const pending = {
  jti: "command-1",
  names: ["MATCHLIGHT_TOPICS"],
  texts: { topics: "new/{device}/{channel}", timeoutMs: "8000" },
  deadlineMs: 500_000 + boundMs,
};
const silent = openLog("silent", "camera");
const partsAt = (store: Store, nowMs: number) => ({
  store,
  boundMs,
  log: silent,
  clock: { monotonicMs: () => nowMs, wallMs: () => 1_700_000_000_000 },
});

t.test("a change waits, is confirmed when the broker is reached, and is undone after the bound", async (t) => {
  const at = (nowMs: number, reached = false) => decideChange(pending, { nowMs, boundMs, reached, trouble: "refused" });
  t.same(at(500_000), { kind: "wait", leftMs: boundMs });
  t.same(at(619_999), { kind: "wait", leftMs: 1 });
  t.same(at(620_000, true), { kind: "confirm" });
  t.match(at(620_000), { kind: "undo", code: "broker_not_reached", because: /120 s: refused/ });
  t.match(at(9_999_999), { kind: "undo", code: "broker_not_reached" }, "the process was away for long");
  t.match(at(10), { kind: "undo", code: "machine_restarted" }, "the clock of the machine began anew");
});

t.test("the values before are stored beside a pending change, and come back whole", async (t) => {
  const folder = join(t.testdir({}), "ledger");
  {
    await using store = await openStore(folder);
    await store.write(keepTexts({ timeoutMs: "9000" }));
    await store.write(keepPending(pending));
    t.same(textsInForce(readChanges(store)), pending.texts, "in force while it is pending");
    t.equal(await judgeChange(partsAt(store, 510_000), { reached: false }), "wait");
  }
  await using store = await openStore(folder);
  t.equal(await judgeChange(partsAt(store, 620_001), { reached: false, trouble: "no route" }), "undone");
  t.match(readChanges(store), {
    texts: { timeoutMs: "9000" },
    pending: undefined,
    undone: {
      jti: "command-1",
      names: pending.names,
      code: "broker_not_reached",
      because: /no route/,
      at: 1_700_000_000,
    },
  });
  t.equal(await judgeChange(partsAt(store, 620_001), { reached: true }), "none");
  await store.write(keepPending(pending));
  t.equal(readChanges(store).undone, undefined, "a later change is another story");
  t.equal(await judgeChange(partsAt(store, 510_000), { reached: true }), "confirmed");
  t.match(readChanges(store), { texts: pending.texts, pending: undefined, undone: undefined });
});

t.test("a connection that is denied something at once confirms nothing", async (t) => {
  await using store = await openStore(join(t.testdir({}), "ledger"));
  await store.write(keepPending({ ...pending, deadlineMs: 400 }));
  let [nowMs, connected] = [0, true];
  const ended = new Promise<string>((resolve) => {
    const monitor = monitorChange({
      ...partsAt(store, 0),
      boundMs: 400,
      clock: { monotonicMs: () => nowMs, wallMs: () => 0 },
      connected: () => connected,
      trouble: () => "denied",
      ended: resolve,
    });
    t.teardown(() => monitor[Symbol.asyncDispose]());
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  [nowMs, connected] = [90, false];
  await new Promise((resolve) => setTimeout(resolve, 60));
  [nowMs, connected] = [401, true];
  t.equal(await ended, "undone");
  t.match(readChanges(store).undone, { because: /denied/ });
});
