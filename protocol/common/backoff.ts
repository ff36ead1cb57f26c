/** Bounds of a wait that grows. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** A whole fleet lost its broker at the same moment: the waits are drawn at random so that it does not return at one. */
export const BACKOFF: Backoff = { firstMs: 500, mostMs: 30_000 };

/** How long to wait before the attempt after `failures` failed ones: half of it sure, half at random. */
export function backoffMs(failures: number, random = Math.random(), { firstMs, mostMs } = BACKOFF): number {
  const most = Math.min(mostMs, firstMs * 2 ** Math.min(failures, 16));
  return most / 2 + (random * most) / 2;
}
