import { setTimeout as sleep } from "node:timers/promises";
import { type Backoff, backoffMs } from "../../protocol/common/backoff.ts";
import { openAwaitedReceipts, RECEIPT_AGAIN } from "./awaited-receipts.ts";
import type { Ledger, Receipted, StoredReport } from "./ledger.ts";

/**
 * Sends the unsent reports of the ledger, the oldest first, a few at a time, until the broker acknowledges them. A report for
 * which a receipt was promised is sent until the receipt comes.
 */
export interface Outbox extends AsyncDisposable {
  /** Sends now: there is a new report, or a connection. */
  wake(): void;
  /** Called on a new connection. The broker may have lost its messages. */
  connected(): void;
  /** Reports at these places of the chain are in the outbox again. They are sent like new ones. */
  sendAgain(from: number, to: number): void;
  /** Takes a receipt of the carrier's archive. Returns how many digests are wrong. Throws StoreError. */
  receipted(reports: readonly Receipted[]): Promise<number>;
  /** Resolves when nothing is being sent. A report that waits for another try is not being sent. */
  idle(): Promise<void>;
}

export interface OutboxEvents {
  /** Called when reports wait, and when they wait for another reason; not again until they can be sent. */
  failed(error: unknown): void;
  sent(count: number): void;
}

/** The number of reports sent at once: enough to empty a full outbox quickly, and few enough for any broker. */
const AT_ONCE = 8;
const AGAIN: Backoff = { firstMs: 1_000, mostMs: 30_000 };

/** If `send` rejects, the report stays in the outbox. It is tried again at the next `wake` and after a while. */
export function openOutbox(
  ledger: Ledger,
  send: (report: StoredReport) => Promise<void>,
  events: OutboxEvents,
  again = AGAIN,
  receiptAgain = RECEIPT_AGAIN,
): Outbox {
  const over = new AbortController();
  const awaited = openAwaitedReceipts(receiptAgain);
  let running: Promise<void> | undefined;
  let waiting: AbortController | undefined;
  let more = false;
  const trouble = openTrouble(events.failed);

  /** The wait for the receipt begins before the report is sent, because it may come before the acknowledgement. */
  const sendOne = async (report: StoredReport) => {
    if (report.receipt) awaited.sent(report.seq);
    await send(report).catch((error: unknown) => {
      awaited.forget([report.seq]);
      throw error;
    });
  };
  const sendSome = async (reports: readonly StoredReport[]) => {
    const results = await Promise.allSettled(reports.map(sendOne));
    const sent = reports.filter((_, i) => results[i]?.status === "fulfilled");
    const done = sent.filter(({ receipt }) => !receipt);
    if (done.length > 0) await ledger.acknowledged(done);
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    events.sent(sent.length);
    trouble.over();
  };
  const next = () => ledger.unsent(AT_ONCE, awaited.nextInMs() === undefined ? undefined : awaited.isDue);
  const drain = async () => {
    do {
      more = false;
      for (let some = next(); some.length > 0; some = next()) await sendSome(some);
    } while (more);
    awaited.forgetUnless(ledger.isUnsent);
    const inMs = awaited.nextInMs();
    if (inMs !== undefined) wakeIn(inMs);
  };
  const wake = () => {
    waiting?.abort();
    more = true;
    if (over.signal.aborted) return;
    running ??= drain()
      .catch(retry)
      .finally(() => {
        running = undefined;
        if (more) wake();
      });
  };
  const wakeIn = (ms: number) => {
    waiting = new AbortController();
    const signal = AbortSignal.any([over.signal, waiting.signal]);
    sleep(ms, undefined, { signal }).then(wake, () => undefined);
  };
  const retry = (error: unknown) => {
    wakeIn(backoffMs(trouble.report(error), Math.random(), again));
  };
  return {
    wake,
    connected() {
      awaited.connected();
      wake();
    },
    sendAgain(from, to) {
      awaited.forget(Array.from({ length: to - from + 1 }, (_, i) => from + i));
      wake();
    },
    async receipted(reports) {
      const named = await ledger.receipted(reports);
      awaited.forget(named);
      wake();
      return reports.length - named.length;
    },
    idle: async () => await running,
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
    },
  };
}

/** Counts failures, and reports each new reason why reports wait, until it is over. */
function openTrouble(failed: OutboxEvents["failed"]) {
  let reported: string | undefined;
  let failures = 0;
  return {
    /** The number of failures before this one. */
    report(error: unknown): number {
      const { name, code } = error as { readonly name?: string; readonly code?: string };
      const reason = `${name} ${code}`;
      if (reason !== reported) failed(error);
      reported = reason;
      return failures++;
    },
    over() {
      [reported, failures] = [undefined, 0];
    },
  };
}
