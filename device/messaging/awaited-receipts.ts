import { type Backoff, backoffMs } from "../../protocol/common/backoff.ts";

/** Which reports the broker has and the carrier's archive has not confirmed, and when each is sent again. */
export interface AwaitedReceipts {
  /** It is sent: from now on a receipt is waited for. */
  sent(seq: number): void;
  /** Nothing is waited for any more: its receipt came, or it is to be sent as if it never was. */
  forget(seqs: readonly number[]): void;
  /** The same of all that do not wait in the outbox any more. */
  forgetUnless(waits: (seq: number) => boolean): void;
  /** A new connection: the broker may have lost what it had. All are sent again soon, not all at the same moment. */
  connected(): void;
  /** Whether a report of the outbox may be sent now. */
  isDue(seq: number): boolean;
  /** When the next one is due; undefined when none will be by itself. */
  nextInMs(): number | undefined;
}

interface Awaited {
  /** How often it was sent. */
  readonly times: number;
  readonly dueMs: number;
}

/**
 * While an archive is away for long, the copies must not fill the broker: the waits grow, and only so many reports are
 * repeated at once. The others were sent once, and are repeated when receipts come again.
 */
const REPEATED_AT_ONCE = 64;
/** An archive answers within a second; one that is away may be away for a day. */
export const RECEIPT_AGAIN: Backoff = { firstMs: 10_000, mostMs: 3_600_000 };

export function openAwaitedReceipts(again: Backoff, nowMs = () => performance.now()): AwaitedReceipts {
  const awaited = new Map<number, Awaited>();
  /** Counted as they come, because thousands may wait, and each is asked for. */
  const repeated = new Set<number>();
  const hasRoom = () => repeated.size < REPEATED_AT_ONCE;
  const forget = (seq: number) => {
    awaited.delete(seq);
    repeated.delete(seq);
  };
  return {
    sent(seq) {
      const times = (awaited.get(seq)?.times ?? 0) + 1;
      awaited.set(seq, { times, dueMs: nowMs() + backoffMs(times - 1, Math.random(), again) });
      if (times > 1) repeated.add(seq);
    },
    forget(seqs) {
      for (const seq of seqs) forget(seq);
    },
    forgetUnless(waits) {
      for (const seq of awaited.keys()) if (!waits(seq)) forget(seq);
    },
    connected() {
      repeated.clear();
      for (const [seq, { dueMs }] of awaited)
        awaited.set(seq, { times: 1, dueMs: Math.min(dueMs, nowMs() + Math.random() * again.firstMs) });
    },
    isDue(seq) {
      const one = awaited.get(seq);
      return !one || (one.dueMs <= nowMs() && (repeated.has(seq) || hasRoom()));
    },
    nextInMs() {
      const room = hasRoom();
      const times = [...awaited].filter(([seq]) => room || repeated.has(seq)).map(([, { dueMs }]) => dueMs);
      return times.length === 0 ? undefined : Math.max(0, times.reduce((a, b) => Math.min(a, b)) - nowMs());
    },
  };
}
