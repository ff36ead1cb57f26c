import { setTimeout as sleep } from "node:timers/promises";
import { type Backoff, backoffMs } from "../../protocol/common/backoff.ts";
import { openAwaitedReceipts, RECEIPT_AGAIN } from "./awaited-receipts.ts";
import type { Ledger, Receipted, StoredReport } from "./ledger.ts";

/**
 * Sends what the ledger holds unsent, oldest first, a few at a time, until the broker acknowledged it. A report for which a
 * receipt was promised is sent until the receipt comes.
 */
export interface Outbox extends AsyncDisposable {
  /** Something to send, or a connection to send it over: look again. */
  wake(): void;
  /** A new connection, perhaps to a broker that forgot what it had. */
  connected(): void;
  /** These places of the chain are in the outbox again: what was sent of them before does not count. */
  sendAgain(from: number, to: number): void;
  /** The carrier's archive has these. Gives how many are not the reports at their places. Throws StoreError. */
  receipted(reports: readonly Receipted[]): Promise<number>;
  /** Resolves when nothing is being sent; what waits for another try is not being sent. */
  idle(): Promise<void>;
}

export interface OutboxEvents {
  /** Reports wait. Called once until they are sent again. */
  failed(error: unknown): void;
  sent(count: number): void;
}

/** Reports that are sent at once: enough to empty a full outbox soon, few enough for any broker. */
const AT_ONCE = 8;
const AGAIN: Backoff = { firstMs: 1_000, mostMs: 30_000 };

/** `send` rejects while it cannot: the report stays where it is, and is tried at the next `wake` and after a while. */
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
  let [more, failures] = [false, 0];

  /** The receipt may come before the broker's acknowledgement: it is waited for before anything is sent. */
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
    if (done.length > 0) await ledger.acknowledged(done.map(({ seq }) => seq));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    events.sent(sent.length);
    failures = 0;
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
    if (failures++ === 0) events.failed(error);
    wakeIn(backoffMs(failures - 1, Math.random(), again));
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
