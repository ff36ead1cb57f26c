import { join } from "node:path";
import t, { type Test } from "tap";
import { type Entry, type Head, type Ledger, openLedger } from "../../../device/link/ledger.ts";
import { openOutbox } from "../../../device/link/outbox.ts";
import { digest } from "../../../device/link/seal.ts";
import { openStore, type Store } from "../../../device/link/store.ts";

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
  t.equal((await ledger.oldestUnsent())?.seq, 1);
  t.equal((await ledger.conclude(entry("a"), token)).seq, 2);
});

t.test("requests long expired are forgotten", async (t) => {
  const { ledger } = await open(t);
  const old = { ...entry("old"), expiresAtMs: NOW - 10_000_000 };
  await ledger.conclude(old, token);
  await ledger.conclude(entry("new"), token);
  t.equal(await ledger.find("old"), undefined);
  t.ok(await ledger.find("new"));
});

t.test("the outbox sends the oldest first and forgets what was acknowledged", async (t) => {
  const { ledger } = await open(t);
  for (const jti of ["a", "b", "c"]) await ledger.conclude(entry(jti), token);
  const { sent, outbox } = mailing(ledger, () => true);
  outbox.wake();
  await outbox.idle();
  t.same(sent, [1, 2, 3]);
  t.equal(await ledger.oldestUnsent(), undefined);
  await ledger.resend(2);
  outbox.wake();
  await outbox.idle();
  t.same(sent, [1, 2, 3, 2]);
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

t.test("a disk that does not write makes nothing accepted", async (t) => {
  const { store } = await open(t);
  const full: Store = { ...store, write: () => Promise.reject(new Error("ENOSPC")) };
  const ledger = openLedger(full, () => NOW);
  await t.rejects(ledger.accept(entry("a")), { message: "ENOSPC" });
  t.equal(await ledger.find("a"), undefined);
});

function mailing(ledger: Ledger, connected: () => boolean) {
  const sent: number[] = [];
  const failures: unknown[] = [];
  const send = async (report: string) => {
    if (!connected()) throw new Error("offline");
    sent.push(Number(report.split(" ")[1]));
  };
  return { sent, failures, outbox: openOutbox(ledger, send, (error) => failures.push(error)) };
}
