/** The time that a hint stays on the screen, so that it can be read. */
export const LEAST_MS = 1_500;

/** The shown value, its time, and the waiting value. */
export interface Pacing<T> {
  readonly shown: T;
  readonly sinceMs: number;
  /** Undefined if no value waits. */
  readonly next?: { readonly value: T };
}

/** Takes a new value. It is shown at once if the last one was shown long enough; otherwise it waits. Pure. */
export function pace<T>(pacing: Pacing<T>, value: T, nowMs: number): Pacing<T> {
  if (Object.is(value, pacing.shown)) return { shown: pacing.shown, sinceMs: pacing.sinceMs };
  return due({ ...pacing, next: { value } }, nowMs);
}

/** Shows the waiting value if its time has come. Pure. */
export function due<T>(pacing: Pacing<T>, nowMs: number): Pacing<T> {
  if (!pacing.next || nowMs - pacing.sinceMs < LEAST_MS) return pacing;
  return { shown: pacing.next.value, sinceMs: nowMs };
}
