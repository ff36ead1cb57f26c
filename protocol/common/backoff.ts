/** Bounds of a wait that grows. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
  /** The first wait is anything up to this, so that many who begin to wait at the same moment do not end at one. */
  readonly spreadMs?: number;
}

/** A whole fleet lost its broker at the same moment: the waits are drawn at random so that it does not return at one. */
export const BACKOFF: Backoff = { firstMs: 500, mostMs: 30_000 };

/**
 * The waits after a connection that stood is lost: as far as anybody knows, a whole fleet has lost it. A device cannot know how
 * large its fleet is.
 */
export function spreadOver(spreadMs: number): Backoff {
  return { firstMs: spreadMs / 4, mostMs: Math.max(spreadMs, BACKOFF.mostMs), spreadMs };
}

/** How long to wait before the attempt after `failures` failed ones: half of it sure, half at random. */
export function backoffMs(failures: number, random = Math.random(), backoff: Backoff = BACKOFF): number {
  const { firstMs, mostMs, spreadMs } = backoff;
  if (failures === 0 && spreadMs !== undefined) return random * spreadMs;
  const most = Math.min(mostMs, firstMs * 2 ** Math.min(failures, 16));
  return most / 2 + (random * most) / 2;
}
