import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t, { type Test } from "tap";
import { openLedger } from "../../../device/messaging/ledger.ts";
import { openStore, type Store } from "../../../device/storage/store.ts";

const REPORTS = 2;
const NOW = 1_800_000_000_000;
const entry = (jti: string) => ({ jti, acceptedAtMs: NOW, expiresAtMs: NOW + 60_000 });

/** A small store with everything in it: reports sent and unsent, and a request that is running. */
async function smallStore(t: Test): Promise<string> {
  const folder = join(inMemory(t), "whole");
  await using store = await openStore(folder);
  const ledger = openLedger(store, () => NOW);
  for (let i = 1; i <= REPORTS; i++) {
    await ledger.accept(entry(`request-${i}`));
    await ledger.conclude(entry(`request-${i}`), async ({ seq }) => `token ${seq + 1}`);
  }
  await ledger.acknowledged([{ seq: 1 }]);
  await ledger.accept(entry("running"));
  return folder;
}

/** Everything that was acknowledged as stored is there, and the next report takes its place. */
async function isWhole(store: Store, goOn = true): Promise<string> {
  const ledger = openLedger(store, () => NOW);
  const unsent = ledger.unsent(10).map(({ token }) => token);
  const kept = store.range("report/", "report0", 10).map(([, report]) => (report as { token: string }).token);
  const unfinished = ledger.unfinished().map(({ jti }) => jti);
  const next = goOn ? (await ledger.conclude(entry("running"), async () => "token")).seq : REPORTS + 1;
  return JSON.stringify([unsent, kept, unfinished, next]);
}

const WHOLE = JSON.stringify([["token 2"], ["token 1", "token 2"], ["running"], REPORTS + 1]);

function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) writeFileSync(join(to, name), readFileSync(join(from, name)));
}

/** A folder on no disk: thousands of synced writes are about what is written here, not about how fast. */
function inMemory(t: Test): string {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "matchlight-store-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test("any one byte of its files may be wrong: nothing is lost, and the damage is told", async (t) => {
  const whole = await smallStore(t);
  const folder = join(dirname(whole), "flipped");
  let [flips, told, wrong] = [0, 0, 0];
  for (const name of readdirSync(whole)) {
    const bytes = readFileSync(join(whole, name));
    for (const at of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      copy(whole, folder);
      writeFileSync(join(folder, name), changed);
      await using store = await openStore(folder);
      if ((await isWhole(store, at % 16 === 0)) !== WHOLE || store.recovery.lost > 0) wrong++;
      if (store.recovery.damaged > 0) told++;
      flips++;
    }
  }
  t.comment(`${flips} flips, ${told} told as damage, ${flips - told} as a torn end, ${wrong} with a loss`);
  t.equal(wrong, 0);
  t.ok(told >= flips - 2, "a flipped last line feed looks like a torn end; everything else is told");
});

t.test("the power may go at any byte: what was acknowledged is there, the rest is cut", async (t) => {
  const whole = await smallStore(t);
  const folder = join(dirname(whole), "cut");
  const names = readdirSync(whole);
  const size = readFileSync(join(whole, names[0] ?? "")).length;
  for (let length = 0; length <= size; length++) {
    copy(whole, folder);
    truncateSync(join(folder, names[length % 2] ?? ""), length);
    await using store = await openStore(folder);
    if ((await isWhole(store, length % 16 === 0)) !== WHOLE) t.fail(`one file cut to ${length} bytes`);
    if (store.recovery.lost > 0) t.fail(`told a loss at ${length} bytes`);
  }
  for (let length = 0; length <= size; length++) {
    copy(whole, folder);
    for (const name of names) truncateSync(join(folder, name), length);
    await using store = await openStore(folder);
    const lines = readFileSync(join(whole, names[0] ?? ""))
      .subarray(0, length)
      .filter((byte) => byte === 0x0a).length;
    if (store.count("report/", "report0") !== Math.floor(Math.min(lines, 2 * REPORTS) / 2)) t.fail(`both at ${length}`);
    await store.write([{ type: "put", key: "next", value: length }]);
  }
  t.pass(`${2 * size} cuts`);
});

t.test("damaged files are set aside and made anew; the next opening finds nothing wrong", async (t) => {
  const folder = await smallStore(t);
  const file = join(folder, "one.journal");
  const bytes = readFileSync(file);
  bytes[20] = 0;
  writeFileSync(file, bytes);
  const first = await openStore(folder);
  t.match(first.recovery, { damaged: 1, lost: 0 });
  await first[Symbol.asyncDispose]();
  t.ok(readdirSync(folder).includes("one.journal.damaged"));
  await using second = await openStore(folder);
  t.match(second.recovery, { damaged: 0, lost: 0 });
  t.equal(await isWhole(second), WHOLE);
});

t.test("what both files have lost is counted, and the rest goes on", async (t) => {
  const folder = await smallStore(t);
  for (const name of readdirSync(folder)) {
    const lines = readFileSync(join(folder, name), "utf8").split("\n");
    lines[3] = "ruined";
    writeFileSync(join(folder, name), lines.join("\n"));
  }
  await using store = await openStore(folder);
  t.match(store.recovery, { damaged: 2, lost: 1 });
  t.equal((await openLedger(store, () => NOW).conclude(entry("new"), async () => "token")).seq, REPORTS);
});

t.test("files are made anew when most of what they hold is old", async (t) => {
  const folder = join(inMemory(t), "grown");
  const store = await openStore(folder);
  for (let i = 0; i < 300; i++) await store.write([{ type: "put", key: "big", value: `${i} ${"x".repeat(10_000)}` }]);
  await store[Symbol.asyncDispose]();
  t.ok(readFileSync(join(folder, "one.journal")).length < 1_200_000);
  await using again = await openStore(folder);
  t.match(again.get("big"), /^299 /);
  t.match(again.recovery, { damaged: 0, lost: 0 });
});

t.test("batches that are asked for at once are all there, in order", async (t) => {
  const folder = join(inMemory(t), "many");
  const store = await openStore(folder);
  await Promise.all([1, 2, 3].map((value) => store.write([{ type: "put", key: "last", value }])));
  await store[Symbol.asyncDispose]();
  await using again = await openStore(folder);
  t.equal(again.get("last"), 3);
});

t.test(
  "a file that is removed or replaced while it is in use is noticed, and nothing is written into the void",
  async (t) => {
    const replace = (file: string) => {
      writeFileSync(`${file}.x`, "");
      renameSync(`${file}.x`, file);
    };
    for (const spoil of [rmSync, replace]) {
      const folder = await smallStore(t);
      await using store = await openStore(folder);
      await store.write([]);
      await store.check();
      spoil(join(folder, "two.journal"));
      await t.rejects(store.check(), { name: "StoreError" });
      await t.rejects(store.write([{ type: "put", key: "lost", value: 1 }]), { name: "StoreError" });
      t.equal(store.get("lost"), undefined);
    }
  },
);

t.test("a check finds nothing wrong while files are made anew", async (t) => {
  const folder = join(inMemory(t), "busy");
  await using store = await openStore(folder);
  let done = false;
  const checking = (async () => {
    for (let checks = 0; ; checks++) {
      if (done) return checks;
      await store.check();
    }
  })();
  const value = "x".repeat(100_000);
  for (let i = 0; i < 100; i++) await store.write([{ type: "put", key: "big", value: `${i} ${value}` }]);
  done = true;
  t.ok((await checking) > 10);
});

/** Nobody can read a link to itself, not even root. */
const makeUnreadable = (path: string) => {
  rmSync(path, { force: true });
  symlinkSync(path, path);
};

t.test(
  "one journal that cannot be read is written again from the other; without either nothing is changed",
  async (t) => {
    const folder = await smallStore(t);
    const [one, two] = ["one.journal", "two.journal"].map((name) => join(folder, name)) as [string, string];
    for (const unreadable of [one, two]) {
      makeUnreadable(unreadable);
      await using store = await openStore(folder);
      t.equal(await isWhole(store, false), WHOLE);
      t.match(store.recovery, { damaged: 1, lost: 0 });
      t.ok(readFileSync(unreadable).length > 0);
    }
    makeUnreadable(one);
    for (const second of [makeUnreadable, rmSync]) {
      second(two);
      await t.rejects(openStore(folder), { name: "DeviceFault", code: "storage_failed", cause: { code: "ELOOP" } });
      t.ok(lstatSync(one).isSymbolicLink());
      t.notOk(existsSync(`${one}.damaged`));
    }
  },
);
