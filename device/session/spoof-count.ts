import type { Verdict } from "./decision.ts";

/** When photos of suspected sessions are refused for a while. */
export interface SpoofRules {
  /** So many suspected sessions without a match in between start the lock; 0 never does. */
  readonly limit: number;
  readonly lockMs: number;
}

/** When suspected sessions were, and until when the lock lasts. Wall times. */
export interface SpoofCount {
  readonly suspectedAtMs: readonly number[];
  readonly lockedUntilMs?: number;
}

/** The part of it that health and reports show. */
export interface SpoofState {
  readonly attemptsLeft: number;
  readonly lockedUntilMs?: number | undefined;
}

export const NO_SPOOFS: SpoofCount = { suspectedAtMs: [] };

/** A suspected session is forgotten after this time: a shop's odd hour must not add up over weeks. */
const REMEMBERED_MS = 3_600_000;

/** Takes the end of one more session into account. A match shows that the device serves honest people: it starts anew. Pure. */
export function countSpoof(count: SpoofCount, verdict: Verdict, nowMs: number, rules: SpoofRules): SpoofCount {
  // Others are served while one photo is refused: what becomes of them does not open the lock.
  const { lockedUntilMs } = count;
  const lock = lockedUntilMs !== undefined && lockLeftMs(count, nowMs, rules) > 0 ? { lockedUntilMs } : undefined;
  if (verdict.decision === "match") return lock ? { suspectedAtMs: [], ...lock } : NO_SPOOFS;
  if (!verdict.suspected || rules.limit === 0) return count;
  const suspectedAtMs = [...recent(count, nowMs), nowMs];
  if (suspectedAtMs.length < rules.limit) return { suspectedAtMs, ...lock };
  return { suspectedAtMs: [], lockedUntilMs: nowMs + rules.lockMs };
}

/**
 * How long a lock has still to last, 0…lockMs, by the wall clock: right when it begins, and after a start. In between the
 * clock may be set, so whoever holds the lock measures it by the monotonic clock. Pure.
 */
export function lockLeftMs({ lockedUntilMs }: SpoofCount, nowMs: number, { limit, lockMs }: SpoofRules): number {
  if (limit === 0 || lockedUntilMs === undefined) return 0;
  return Math.min(Math.max(0, lockedUntilMs - nowMs), lockMs);
}

/** Where the count stands, with so long left of a lock. Pure. */
export function spoofState(count: SpoofCount, nowMs: number, leftMs: number, { limit }: SpoofRules): SpoofState {
  if (leftMs > 0) return { attemptsLeft: 0, lockedUntilMs: nowMs + leftMs };
  return { attemptsLeft: Math.max(0, limit - recent(count, nowMs).length) };
}

function recent({ suspectedAtMs }: SpoofCount, nowMs: number): readonly number[] {
  return suspectedAtMs.filter((atMs) => Math.abs(nowMs - atMs) < REMEMBERED_MS);
}
