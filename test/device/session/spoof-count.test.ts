import t from "tap";
import type { Verdict } from "../../../device/session/decision.ts";
import { countSpoof, lockLeftMs, NO_SPOOFS, type SpoofCount, spoofState } from "../../../device/session/spoof-count.ts";

const RULES = { limit: 3, lockMs: 10_000 };
const HOUR_MS = 3_600_000;
const frames = { looked: 10, used: 0 };
const suspected: Verdict = { decision: "inconclusive", reason: "liveness_unproven", frames, suspected: true };
const nobody: Verdict = { decision: "inconclusive", reason: "no_face", frames };
const match: Verdict = { decision: "match", frames };

const after = (...ends: readonly (readonly [Verdict, number])[]): SpoofCount =>
  ends.reduce(
    (count, [verdict, nowMs]) => countSpoof(count, verdict, { nowMs, leftMs: lockLeftMs(count, nowMs, RULES) }, RULES),
    NO_SPOOFS,
  );

/** Where a count stands at a time by a wall clock that was never set. */
const stateAt = (count: SpoofCount, nowMs: number) => spoofState(count, nowMs, lockLeftMs(count, nowMs, RULES), RULES);

t.test("the last attempt of the limit locks, for the time set", async (t) => {
  t.same(stateAt(after([suspected, 0], [suspected, 10]), 20), { attemptsLeft: 1 });
  const locked = after([suspected, 0], [suspected, 10], [suspected, 20]);
  t.same(stateAt(locked, 30), { attemptsLeft: 0, lockedUntilMs: 10_020 });
  t.same(stateAt(locked, 10_020), { attemptsLeft: 3 }, "it opens, and begins anew");
});

t.test("a match begins anew; other endings change nothing", async (t) => {
  t.same(stateAt(after([suspected, 0], [suspected, 1], [match, 2], [suspected, 3]), 4), { attemptsLeft: 2 });
  t.same(stateAt(after([suspected, 0], [nobody, 1], [nobody, 2]), 3), { attemptsLeft: 2 });
});

t.test("what becomes of others while a photo is refused does not open the lock", async (t) => {
  const ends = [suspected, suspected, suspected].map((verdict, i) => [verdict, i] as const);
  for (const other of [match, suspected, nobody]) {
    t.equal(stateAt(after(...ends, [other, 100]), 200).lockedUntilMs, 10_002, other.decision);
  }
});

t.test("what is more than an hour ago is forgotten", async (t) => {
  t.same(stateAt(after([suspected, 0], [suspected, 1], [suspected, HOUR_MS + 1]), HOUR_MS + 1), {
    attemptsLeft: 2,
  });
});

t.test("a clock that is set back makes no lock longer than it was meant to be", async (t) => {
  const locked = after([suspected, HOUR_MS], [suspected, HOUR_MS], [suspected, HOUR_MS]);
  t.equal(lockLeftMs(locked, 0, RULES), 10_000);
});

t.test("a limit of 0 never locks", async (t) => {
  const never = { ...RULES, limit: 0 };
  const at = (nowMs: number) => ({ nowMs, leftMs: 0 });
  const count = [1, 2, 3, 4].reduce((all, nowMs) => countSpoof(all, suspected, at(nowMs), never), NO_SPOOFS);
  t.equal(lockLeftMs(count, 5, never), 0);
});
