import { type Backoff, backoffMs } from "../../protocol/common/backoff.ts";

/** The reports that the broker has and the carrier's archive has not confirmed, and when each is sent again. */
interface AwaitedReceipts {
  /** A report was sent: its receipt is awaited from now on. */
  sent(seq: number): void;
  /** Stops waiting for these: their receipts came, or they must be sent again from the start. */
  forget(seqs: readonly number[]): void;
  /** Stops waiting for all reports that are no longer in the outbox. */
  forgetUnless(waits: (seq: number) => boolean): void;
  /** There is a new connection. The broker may have lost what it had, so all are sent again soon, spread over some time. */
  connected(): void;
  /** Whether a report of the outbox may be sent now. */
  isDue(seq: number): boolean;
  /** The time until the next one is due; undefined when none is due before a receipt comes. */
  nextInMs(): number | undefined;
}

interface Awaited {
  /** How often the report was sent. */
  readonly times: number;
  readonly dueMs: number;
}

/**
 * While an archive is away for long, copies must not fill the broker: the waits grow, and only this many reports are repeated
 * at a time. The others were sent once, and are repeated when receipts come again.
 */
const REPEATED_AT_ONCE = 64;
/** An archive answers within a second, but may be away for a day. */
export const RECEIPT_AGAIN: Backoff = { firstMs: 10_000, mostMs: 3_600_000 };

export function openAwaitedReceipts(again: Backoff, nowMs = () => performance.now()): AwaitedReceipts {
  const awaited = new Map<number, Awaited>();
  /** Kept as a set, because `isDue` is called for thousands of reports. */
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
