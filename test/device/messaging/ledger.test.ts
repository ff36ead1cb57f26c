import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { type Entry, type Head, type Ledger, openLedger, type StoredReport } from "../../../device/messaging/ledger.ts";
import { PURGE_AT_ONCE } from "../../../device/messaging/ledger-records.ts";
import { openOutbox } from "../../../device/messaging/outbox.ts";
import { openStore, type Store } from "../../../device/storage/store.ts";
import { digest } from "../../../protocol/encoding/tokens.ts";
import { until } from "../../support/until.ts";

const NOW = 1_800_000_000_000;

async function open(t: Test, folder = join(t.testdir({}), "ledger")) {
  const store = await openStore(folder);
  t.teardown(() => store[Symbol.asyncDispose]());
  return { store, folder, ledger: openLedger(store, () => NOW) };
}

const entry = (jti: string): Entry => ({ jti, acceptedAtMs: NOW, expiresAtMs: NOW + 60_000 });
const token = (head: Head) => Promise.resolve(`report ${head.seq + 1} after ${head.prev}`);

t.test("an accepted request is found, and has no report until it is concluded", async (t) => {
  const { ledger } = await open(t);
  t.equal(await ledger.find("a"), undefined);
  await ledger.accept(entry("a"));
  t.same(await ledger.find("a"), entry("a"));
  t.same(await ledger.unfinished(), [entry("a")]);
  await ledger.conclude(entry("a"), token);
  t.equal((await ledger.find("a"))?.seq, 1);
  t.same(await ledger.unfinished(), []);
});

t.test("reports form a chain, also when they are concluded at the same time", async (t) => {
  const { ledger } = await open(t);
  const stored = await Promise.all(["a", "b", "c"].map((jti) => ledger.conclude(entry(jti), token)));
  t.same(
    stored.map(({ seq }) => seq),
    [1, 2, 3],
  );
  t.equal(stored[0]?.token, "report 1 after null");
  t.equal(stored[2]?.token, `report 3 after ${digest(stored[1]?.token ?? "")}`);
});

t.test("the latest time is that of the last report, or of a request that was accepted after it", async (t) => {
  const { store } = await open(t);
  const clock = { nowMs: NOW + 9_000 };
  const ledger = openLedger(store, () => clock.nowMs);
  t.equal(ledger.latestAtMs(), 0);
  await ledger.accept(entry("a"));
  t.equal(ledger.latestAtMs(), NOW, "its report was interrupted by a power cut");
  await ledger.conclude(entry("a"), token);
  t.equal(ledger.latestAtMs(), NOW + 9_000);
  clock.nowMs = NOW;
  await ledger.conclude(entry("b"), token);
  t.equal(ledger.latestAtMs(), NOW, "a report with a future time counts only until the next one");
});

t.test("one request gets one report, whoever concludes it again", async (t) => {
  const { ledger } = await open(t);
  await ledger.accept(entry("a"));
  const twice = await Promise.all([ledger.conclude(entry("a"), token), ledger.conclude(entry("a"), token)]);
  t.same(twice[0], twice[1]);
  t.same(
    ledger.reports().map(({ jti }) => jti),
    ["a"],
  );
  const never = () => Promise.reject(new Error("there is nothing to sign"));
  t.equal((await ledger.conclude(entry("a"), never)).seq, 1, "also later");
});

t.test("a report that cannot be made leaves no trace, and the next one takes its place", async (t) => {
  const { ledger } = await open(t);
  await ledger.accept(entry("a"));
  await t.rejects(ledger.conclude(entry("a"), () => Promise.reject(new Error("no ink"))));
  t.same(await ledger.unfinished(), [entry("a")]);
  t.equal((await ledger.conclude(entry("a"), token)).seq, 1);
});

t.test("everything is still there after the store was closed and opened again", async (t) => {
  const first = await open(t);
  await first.ledger.accept(entry("a"));
  await first.ledger.conclude(entry("b"), token);
  await first.store[Symbol.asyncDispose]();
  const { ledger } = await open(t, first.folder);
  t.same(await ledger.unfinished(), [entry("a")]);
  t.equal(ledger.unsent(1)[0]?.seq, 1);
  t.equal((await ledger.conclude(entry("a"), token)).seq, 2);
});

t.test("old reports go, and with them the ids of their requests; what is unsent stays", async (t) => {
  const { store } = await open(t);
  const ledger = openLedger(store, () => NOW, undefined, { reportsKept: 2, unsent: 4 });
  for (const jti of ["a", "b", "c"]) await ledger.conclude(entry(jti), token);
  await ledger.acknowledged([{ seq: 2 }, { seq: 3 }]);
  await ledger.conclude(entry("d"), token);
  await ledger.conclude(entry("e"), token);
  t.same(
    ["a", "b", "c", "d", "e"].map((jti) => ledger.find(jti)?.seq),
    [1, undefined, undefined, 4, 5],
  );
});

t.test("old reports go, however many before them are unsent", async (t) => {
  const { store } = await open(t);
  const ledger = openLedger(store, () => NOW, undefined, { reportsKept: 2, unsent: 1_000 });
  const unsent = PURGE_AT_ONCE + 1;
  for (let i = 1; i <= unsent; i++) await ledger.conclude(entry(`unsent-${i}`), token);
  for (let i = 1; i <= 10; i++) {
    const { seq } = await ledger.conclude(entry(`sent-${i}`), token);
    await ledger.acknowledged([{ seq }]);
  }
  t.equal(ledger.reports().length, unsent + 2);
  t.equal(ledger.unsentCount(), unsent);
});

t.test("a full outbox accepts nothing more, and loses nothing", async (t) => {
  const { store } = await open(t);
  const ledger = openLedger(store, () => NOW, undefined, { reportsKept: 10, unsent: 2 });
  for (const jti of ["a", "b"]) await ledger.conclude(entry(jti), token);
  await t.rejects(ledger.accept(entry("c")), { name: "OutboxFull" });
  t.equal(ledger.find("c"), undefined);
  await ledger.acknowledged([{ seq: 1 }]);
  await ledger.accept(entry("c"));
});

t.test("what nobody will ask for any more is given up, by name, and stays in the chain", async (t) => {
  const { ledger } = await open(t);
  await ledger.conclude(entry("a"), token);
  t.same(await ledger.giveUp(NOW), []);
  t.same(
    (await ledger.giveUp(NOW + 1)).map(({ seq }) => seq),
    [1],
  );
  t.same(ledger.unsent(10), []);
  t.equal((await ledger.conclude(entry("b"), token)).seq, 2);
});

t.test("the outbox sends the oldest first and forgets what was acknowledged", async (t) => {
  const { ledger } = await open(t);
  for (const jti of ["a", "b", "c"]) await ledger.conclude(entry(jti), token);
  const { sent, outbox } = mailing(ledger, () => true);
  outbox.wake();
  await outbox.idle();
  t.same(sent, [1, 2, 3]);
  t.same(ledger.unsent(1), []);
  await ledger.resend("b");
  outbox.wake();
  await outbox.idle();
  t.same(sent, [1, 2, 3, 2]);
});

t.test("a report that is asked for again goes to where the sender waits now, if it says so", async (t) => {
  const { ledger } = await open(t);
  const [first, now] = [
    { topic: "replies/first", correlation: "one" },
    { topic: "replies/now", correlation: "two" },
  ];
  await ledger.conclude({ ...entry("a"), reply: first }, token);
  const before = ledger.unsent(1);
  await ledger.resend("a", {});
  t.same(ledger.unsent(1), before);
  t.match(before, [{ reply: first }]);
  await ledger.resend("a", now);
  t.same(ledger.unsent(1), [{ ...before[0], reply: now }]);
  t.equal(ledger.find("a")?.seq, 1);
  await ledger.resend("b", now);
  t.equal(ledger.reports().length, 1, "a report that is not kept is not made up");
});

t.test("a request that is repeated before it has a report is answered where it was repeated", async (t) => {
  const { ledger } = await open(t);
  const asked = { ...entry("a"), reply: { topic: "replies/first", correlation: "one" } };
  await ledger.accept(asked);
  await ledger.resend("a", { topic: "replies/now", correlation: "two" });
  t.equal(ledger.unsentCount(), 0);
  t.match(await ledger.conclude(asked, token), { seq: 1, reply: { topic: "replies/now" } });
  t.match(ledger.find("a"), { seq: 1, reply: { topic: "replies/now" } });
});

t.test("a report on its way to one place is sent again to the place where it is wanted by now", async (t) => {
  const { ledger } = await open(t);
  const places = [
    { topic: "replies/first", correlation: "one" },
    { topic: "replies/now", correlation: "one" },
    { topic: "replies/now", correlation: "two" },
  ];
  await ledger.conclude({ ...entry("a"), reply: { topic: "replies/before" } }, token);
  for (const reply of places) {
    const onItsWay = ledger.unsent(1);
    const resent = ledger.resend("a", reply);
    // The acknowledgement comes while the repetition is on its way to the disk.
    await new Promise(setImmediate);
    await Promise.all([resent, ledger.acknowledged(onItsWay)]);
    t.match(ledger.unsent(1), [{ seq: 1, reply }]);
  }
  await ledger.acknowledged(ledger.unsent(1));
  t.equal(ledger.unsentCount(), 0);
});

t.test("without a connection a report waits, and goes out at the next wake", async (t) => {
  const { ledger } = await open(t);
  await ledger.conclude(entry("a"), token);
  let connected = false;
  const { sent, outbox, failures } = mailing(ledger, () => connected);
  outbox.wake();
  await outbox.idle();
  t.same([sent, failures.length], [[], 1]);
  connected = true;
  outbox.wake();
  await outbox.idle();
  t.same(sent, [1]);
});

t.test("a report that the broker would not take is tried again by itself, and told of once", async (t) => {
  const { ledger } = await open(t);
  await ledger.conclude(entry("a"), token);
  let connected = false;
  const { sent, outbox, failures } = mailing(ledger, () => connected);
  t.teardown(() => outbox[Symbol.asyncDispose]());
  outbox.wake();
  await sleep(200);
  connected = true;
  await sleep(150);
  t.same([sent, failures.length], [[1], 1]);
});

t.test(
  "a report with a promised receipt stays until the receipt for it comes, and is sent again meanwhile",
  async (t) => {
    const { ledger } = await open(t);
    await ledger.conclude({ ...entry("a"), receipt: true }, token);
    await ledger.conclude(entry("b"), token);
    const { sent, outbox } = mailing(ledger, () => true);
    t.teardown(() => outbox[Symbol.asyncDispose]());
    outbox.wake();
    await outbox.idle();
    // A slow machine may have sent the first again by now.
    t.same(sent.slice(0, 2), [1, 2]);
    t.equal(ledger.unsentCount(), 1, "the broker has both, and one is waited for");
    t.ok(await until(() => sent.length >= 4), "it is sent again by itself");
    t.same(sent.slice(2, 4), [1, 1]);
    t.equal(await outbox.receipted([{ seq: 1, digest: digest("another report") }]), 1);
    t.equal(ledger.unsentCount(), 1, "a receipt for another report is none");
    const [report] = ledger.reports();
    t.equal(await outbox.receipted([{ seq: 1, digest: digest(report?.token ?? "") }]), 0);
    t.equal(ledger.unsentCount(), 0);
    const before = sent.length;
    await sleep(100);
    t.equal(sent.length, before);
  },
);

t.test("who asks for a report again gets it at once, although a receipt is waited for", async (t) => {
  const { ledger } = await open(t);
  await ledger.conclude({ ...entry("a"), receipt: true }, token);
  const { sent, outbox } = mailing(ledger, () => true, 60_000);
  t.teardown(() => outbox[Symbol.asyncDispose]());
  outbox.wake();
  await outbox.idle();
  outbox.wake();
  await outbox.idle();
  t.same(sent, [1]);
  outbox.sendAgain(1, 500);
  await outbox.idle();
  t.same(sent, [1, 1]);
});

t.test("a disk that does not write makes nothing accepted", async (t) => {
  const { store } = await open(t);
  const full: Store = { ...store, write: () => Promise.reject(new Error("ENOSPC")) };
  const ledger = openLedger(full, () => NOW);
  await t.rejects(ledger.accept(entry("a")), { message: "ENOSPC" });
  t.equal(await ledger.find("a"), undefined);
});

const AGAIN = { firstMs: 50, mostMs: 50 };

function mailing(ledger: Ledger, connected: () => boolean, receiptMs = 50) {
  const sent: number[] = [];
  const failures: unknown[] = [];
  const send = async ({ seq }: StoredReport) => {
    if (!connected()) throw new Error("offline");
    sent.push(seq);
  };
  const events = { failed: (error: unknown) => void failures.push(error), sent: () => undefined };
  const outbox = openOutbox(ledger, send, events, AGAIN, { firstMs: receiptMs, mostMs: receiptMs });
  return { sent, failures, outbox };
}

t.test("a range of reports is put into the outbox with its first and its last, and no other", async (t) => {
  const { ledger } = await open(t);
  for (const jti of ["a", "b", "c", "d"]) await ledger.conclude(entry(jti), token);
  await ledger.acknowledged([{ seq: 1 }, { seq: 2 }, { seq: 3 }, { seq: 4 }]);
  await ledger.resendRange(2, 3);
  t.same(seqsOf(ledger.unsent(10)), [2, 3]);
});

t.test("of the wanted reports in the outbox, no more are taken than the limit", async (t) => {
  const { ledger } = await open(t);
  for (const jti of ["a", "b", "c", "d"]) await ledger.conclude(entry(jti), token);
  t.same(seqsOf(ledger.unsent(2, (seq) => seq !== 1)), [2, 3]);
});

t.test("nothing is kept of a request that runs, once it has its report", async (t) => {
  const { store, ledger } = await open(t);
  await ledger.accept(entry("a"));
  await ledger.conclude(entry("a"), token);
  t.equal(store.count("running/", "running0"), 0);
});

t.test("a chain whose end has lost its record goes on after the last report", async (t) => {
  const { store, ledger } = await open(t);
  await ledger.conclude(entry("a"), token);
  await store.write([{ type: "del", key: "head" }]);
  const after = digest("report 1 after null");
  const later = openLedger(store, () => NOW);
  t.match(await later.conclude(entry("b"), token), { seq: 2, token: `report 2 after ${after}` });
});

const seqsOf = (reports: readonly StoredReport[]) => reports.map(({ seq }) => seq);
