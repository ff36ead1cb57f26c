import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { openChainNote } from "../../../device/messaging/chain-note.ts";
import { openLedger } from "../../../device/messaging/ledger.ts";
import { openStore, StoreError } from "../../../device/storage/store.ts";
import { digest } from "../../../protocol/encoding/tokens.ts";

const NOW = 1_800_000_000_000;

/** The ledger of a device at a start, with what was noted before. */
async function start(t: Test, data: string) {
  const store = await openStore(join(data, "ledger"));
  t.teardown(() => store[Symbol.asyncDispose]());
  const ledger = openLedger(store, () => NOW, await openChainNote(data));
  await store.write([]);
  await ledger.note();
  const conclude = (jti: string) =>
    ledger.conclude({ jti, acceptedAtMs: NOW, expiresAtMs: NOW + 60_000 }, async ({ seq, prev }) => `${seq} ${prev}`);
  return { ledger, conclude, stop: () => store[Symbol.asyncDispose]() };
}

t.test("a first start and a start after it lose nothing", async (t) => {
  const data = t.testdir({});
  const first = await start(t, data);
  t.equal(first.ledger.loss, undefined);
  await first.conclude("a");
  await first.stop();
  t.equal((await start(t, data)).ledger.loss, undefined);
});

t.test("a ledger that is missing is told, and the chain goes on from its note", async (t) => {
  const data = t.testdir({});
  const first = await start(t, data);
  await first.conclude("a");
  const second = await first.conclude("b");
  await first.stop();
  await rm(join(data, "ledger"), { recursive: true });
  const { ledger, conclude } = await start(t, data);
  t.same(ledger.loss, { ledger: "missing", notedSeq: 2, seq: 0 });
  t.match(await conclude("c"), { seq: 3, token: `2 ${digest(second.token)}` });
  t.equal(ledger.find("a"), undefined, "the ids of its requests are gone, which is why it is told");
});

t.test("a ledger without a report that is missing is told, too", async (t) => {
  const data = t.testdir({});
  await (await start(t, data)).stop();
  await rm(join(data, "ledger"), { recursive: true });
  t.same((await start(t, data)).ledger.loss, { ledger: "missing", notedSeq: 0, seq: 0 });
});

t.test("an old copy of the ledger is told until the chain is beyond it", async (t) => {
  const data = t.testdir({});
  const first = await start(t, data);
  await first.conclude("a");
  await first.stop();
  const copy = join(t.testdirName, "..", "ledger-copy");
  await cp(join(data, "ledger"), copy, { recursive: true });
  t.teardown(() => rm(copy, { recursive: true, force: true }));
  const second = await start(t, data);
  await second.conclude("b");
  await second.stop();
  await rm(join(data, "ledger"), { recursive: true });
  await cp(copy, join(data, "ledger"), { recursive: true });
  const third = await start(t, data);
  t.same(third.ledger.loss, { ledger: "older", notedSeq: 2, seq: 1 });
  await third.stop();
  const fourth = await start(t, data);
  t.match(fourth.ledger.loss, { ledger: "older" }, "a restart hides nothing");
  t.equal((await fourth.conclude("c")).seq, 3);
  await fourth.stop();
  t.equal((await start(t, data)).ledger.loss, undefined);
});

t.test("a power cut between the report and its note is no alarm, and a note that cannot be read is one", async (t) => {
  const data = t.testdir({});
  const first = await start(t, data);
  await first.conclude("a");
  const before = await readFile(join(data, "chain.json"));
  await first.conclude("b");
  await first.stop();
  await writeFile(join(data, "chain.json"), before);
  const second = await start(t, data);
  t.equal(second.ledger.loss, undefined);
  await second.stop();
  await writeFile(join(data, "chain.json"), "{");
  const third = await start(t, data);
  t.same(third.ledger.loss, { ledger: "unknown", seq: 2 });
  await third.stop();
  t.equal((await start(t, data)).ledger.loss, undefined, "it is written anew");
});

t.test("a report whose note cannot be written is stored once, and noted when it can be", async (t) => {
  const data = t.testdir({});
  const store = await openStore(join(data, "ledger"));
  t.teardown(() => store[Symbol.asyncDispose]());
  let full = true;
  const noted: number[] = [];
  const write = async ({ seq }: { readonly seq: number }) => {
    if (full) throw new StoreError("full");
    noted.push(seq);
  };
  const ledger = openLedger(store, () => NOW, { found: "absent", write });
  const entry = { jti: "a", acceptedAtMs: NOW, expiresAtMs: NOW + 60_000 };
  await t.rejects(
    ledger.conclude(entry, async () => "token"),
    StoreError,
  );
  full = false;
  t.equal((await ledger.conclude(entry, async () => "another")).token, "token");
  t.same(noted, [1]);
});
