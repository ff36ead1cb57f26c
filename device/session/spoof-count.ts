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

/** A suspected session is forgotten after this time, so that rare cases do not add up over weeks. */
const REMEMBERED_MS = 3_600_000;

/** When a session ended by the wall clock, and the remaining time of the lock then. */
interface EndedAt {
  readonly nowMs: number;
  readonly leftMs: number;
}

/** The count after one more session. A match shows that the device serves honest people, so it resets the count. Pure. */
export function countSpoof(
  count: SpoofCount,
  verdict: Verdict,
  { nowMs, leftMs }: EndedAt,
  rules: SpoofRules,
): SpoofCount {
  // During a lock, other people are served. Their results do not end the lock.
  const { lockedUntilMs } = count;
  const lock = lockedUntilMs !== undefined && leftMs > 0 ? { lockedUntilMs } : undefined;
  if (verdict.decision === "match") return lock ? { suspectedAtMs: [], ...lock } : NO_SPOOFS;
  if (!verdict.suspected || rules.limit === 0) return count;
  const suspectedAtMs = [...recent(count, nowMs), nowMs];
  if (suspectedAtMs.length < rules.limit) return { suspectedAtMs, ...lock };
  return { suspectedAtMs: [], lockedUntilMs: nowMs + rules.lockMs };
}

/**
 * The remaining time of a lock by the wall clock, 0…lockMs. It is used when the lock begins, and after a start. In between the
 * clock may be set, so SpoofLock uses the monotonic clock. Pure.
 */
export function lockLeftMs({ lockedUntilMs }: SpoofCount, nowMs: number, { limit, lockMs }: SpoofRules): number {
  if (limit === 0 || lockedUntilMs === undefined) return 0;
  return Math.min(Math.max(0, lockedUntilMs - nowMs), lockMs);
}

/** The public state of the count; `leftMs` is the remaining time of the lock. Pure. */
export function spoofState(count: SpoofCount, nowMs: number, leftMs: number, { limit }: SpoofRules): SpoofState {
  if (leftMs > 0) return { attemptsLeft: 0, lockedUntilMs: nowMs + leftMs };
  return { attemptsLeft: Math.max(0, limit - recent(count, nowMs).length) };
}

function recent({ suspectedAtMs }: SpoofCount, nowMs: number): readonly number[] {
  return suspectedAtMs.filter((atMs) => Math.abs(nowMs - atMs) < REMEMBERED_MS);
}
