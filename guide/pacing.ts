/** How long a hint stays on the screen, so that it can be read. */
export const LEAST_MS = 1_500;

/** What is on the screen, since when, and what waits to be shown. */
export interface Pacing<T> {
  readonly shown: T;
  readonly sinceMs: number;
  /** Absent when nothing waits. */
  readonly next?: { readonly value: T };
}

/** Takes in a new value: it is shown at once if the one before it was there long enough, and waits otherwise. Pure. */
export function pace<T>(pacing: Pacing<T>, value: T, nowMs: number): Pacing<T> {
  if (Object.is(value, pacing.shown)) return { shown: pacing.shown, sinceMs: pacing.sinceMs };
  return due({ ...pacing, next: { value } }, nowMs);
}

/** Shows what waits if its time has come. Pure. */
export function due<T>(pacing: Pacing<T>, nowMs: number): Pacing<T> {
  if (!pacing.next || nowMs - pacing.sinceMs < LEAST_MS) return pacing;
  return { shown: pacing.next.value, sinceMs: nowMs };
}
