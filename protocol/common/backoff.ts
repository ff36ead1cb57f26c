/** The bounds of waits that grow. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
  /** The first wait is random, up to this, so that clients that start to wait together do not end together. */
  readonly spreadMs?: number;
}

/** A whole fleet can lose its broker at the same moment. Random waits keep it from returning at the same moment. */
export const BACKOFF: Backoff = { firstMs: 500, mostMs: 30_000 };

/**
 * The waits after an established connection is lost. Perhaps a whole fleet has lost it, and a device does not know how large
 * its fleet is.
 */
export function spreadOver(spreadMs: number): Backoff {
  return { firstMs: spreadMs / 4, mostMs: Math.max(spreadMs, BACKOFF.mostMs), spreadMs };
}

/** The wait before the next attempt after `failures` failed ones. Half of it is fixed, half is random. */
export function backoffMs(failures: number, random = Math.random(), backoff: Backoff = BACKOFF): number {
  const { firstMs, mostMs, spreadMs } = backoff;
  if (failures === 0 && spreadMs !== undefined) return random * spreadMs;
  const most = Math.min(mostMs, firstMs * 2 ** Math.min(failures, 16));
  return most / 2 + (random * most) / 2;
}
