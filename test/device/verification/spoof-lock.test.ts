import t from "tap";
import type { FaultCode } from "../../../device/faults.ts";
import { openLog } from "../../../device/process/log.ts";
import type { Verdict } from "../../../device/session/decision.ts";
import { openSpoofLock } from "../../../device/verification/spoof-lock.ts";

const frames = { looked: 10, used: 0 };
const suspected: Verdict = { decision: "inconclusive", reason: "liveness_unproven", frames, suspected: true };
const PHOTO = Uint8Array.of(1, 2, 3);
const LOCK_MS = 600_000;
const DAY_MS = 86_400_000;

/** A lock after its attempts, one or more, with a clock that the test sets and a store that keeps what is written. */
async function locked(kept = new Map<string, unknown>(), limit = 1) {
  const time = { wallMs: 100 * DAY_MS, monotonicMs: 0 };
  const raised: FaultCode[] = [];
  const lock = openSpoofLock({
    store: {
      get: (key) => kept.get(key),
      write: async (changes) => {
        for (const change of changes) if (change.type === "put") kept.set(change.key, change.value);
      },
    },
    clock: { wallMs: () => time.wallMs, monotonicMs: () => time.monotonicMs },
    deviceStatus: { raise: (fault) => void raised.push(fault), clear: () => undefined, update: () => undefined },
    log: openLog("silent", "test"),
    rules: { limit, lockMs: LOCK_MS },
  });
  const attempts = kept.size === 0 ? limit : 0;
  for (let i = 0; i < attempts; i++) await lock.ended(suspected, lock.suspectOf(PHOTO));
  return { lock, time, raised, kept };
}

t.test(
  "a clock that is set back or forward while the device is locked changes nothing of the lock's length",
  async (t) => {
    for (const setMs of [-DAY_MS, DAY_MS]) {
      const { lock, time, raised } = await locked();
      t.same(raised, ["spoof_locked"]);
      time.wallMs += setMs;
      t.same(lock.state(), { attemptsLeft: 0, lockedUntilMs: time.wallMs + LOCK_MS });
      time.monotonicMs += LOCK_MS - 1;
      t.equal(lock.state().attemptsLeft, 0);
      time.monotonicMs += 1;
      t.same(lock.state(), { attemptsLeft: 1 }, "it opens, and stays open");
      lock[Symbol.dispose]();
    }
  },
);

t.test("a session that ends after the clock was set forward does not open the lock", async (t) => {
  for (const verdict of [suspected, { decision: "match", frames } as const]) {
    const { lock, time } = await locked(undefined, 2);
    time.wallMs += DAY_MS;
    time.monotonicMs += 1_000;
    await lock.ended(verdict, lock.suspectOf(Uint8Array.of(4)));
    t.equal(lock.state().attemptsLeft, 0, verdict.decision);
    t.ok(lock.refuses(lock.suspectOf(PHOTO)));
    lock[Symbol.dispose]();
  }
});

t.test("pulling the plug does not open the lock", async (t) => {
  const { lock, kept } = await locked();
  lock[Symbol.dispose]();
  const again = await locked(kept);
  t.same(again.lock.state(), { attemptsLeft: 0, lockedUntilMs: again.time.wallMs + LOCK_MS });
  again.lock[Symbol.dispose]();
});

t.test("only the photos that were suspected are refused", async (t) => {
  const { lock, kept } = await locked();
  t.ok(lock.refuses(lock.suspectOf(PHOTO)));
  t.notOk(lock.refuses(lock.suspectOf(Uint8Array.of(4))));
  t.notMatch(JSON.stringify([...kept]), lock.suspectOf(PHOTO), "nothing of a photo is stored, not even a digest");
  lock[Symbol.dispose]();
});
