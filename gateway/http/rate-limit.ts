import { HttpProblem } from "./problem.ts";

/** Allows this many requests of one subject per second on average, and twice as many at once. */
export interface RateLimit {
  /** Throws HttpProblem when the subject sends too many requests. */
  take(name: string): void;
}

/** Each process counts separately, so two processes behind a proxy allow twice as many requests. */
export function openRateLimit(perSecond: number, burst = 2 * perSecond, nowMs = () => performance.now()): RateLimit {
  const buckets = new Map<string, { readonly left: number; readonly atMs: number }>();
  return {
    take(name) {
      const before = buckets.get(name) ?? { left: burst, atMs: nowMs() };
      const left = Math.min(burst, before.left + ((nowMs() - before.atMs) / 1000) * perSecond);
      buckets.delete(name);
      buckets.set(name, { left: Math.max(0, left - 1), atMs: nowMs() });
      const oldest = buckets.keys().next().value;
      if (buckets.size > MOST_NAMES && oldest !== undefined) buckets.delete(oldest);
      if (left < 1)
        throw new HttpProblem("too_many_requests", `at most ${perSecond} a second`, { retryAfterSeconds: 1 });
    },
  };
}

export const MOST_NAMES = 10_000;
