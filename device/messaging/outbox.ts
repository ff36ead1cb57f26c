import { setTimeout as sleep } from "node:timers/promises";
import { type Backoff, backoffMs } from "../../protocol/common/backoff.ts";
import type { Ledger, StoredReport } from "./ledger.ts";

/** Sends what the ledger holds unsent, oldest first, a few at a time, until the broker acknowledged it. */
export interface Outbox extends AsyncDisposable {
  /** Something to send, or a connection to send it over: look again. */
  wake(): void;
  /** Resolves when nothing is being sent; what waits for another try is not being sent. */
  idle(): Promise<void>;
}

export interface OutboxEvents {
  /** Reports wait. Told once until they are sent again. */
  failed(error: unknown): void;
  sent(count: number): void;
}

/** So many reports are on their way at once: enough to empty a full outbox soon, few enough for any broker. */
const AT_ONCE = 8;
const AGAIN: Backoff = { firstMs: 1_000, mostMs: 30_000 };

/** `send` rejects while it cannot: the report stays where it is, and is tried at the next `wake` and after a while. */
export function openOutbox(
  ledger: Ledger,
  send: (report: StoredReport) => Promise<void>,
  events: OutboxEvents,
  again = AGAIN,
): Outbox {
  const over = new AbortController();
  let running: Promise<void> | undefined;
  let waiting: AbortController | undefined;
  let [more, failures] = [false, 0];

  const sendSome = async (reports: readonly StoredReport[]) => {
    const results = await Promise.allSettled(reports.map(send));
    const sent = reports.filter((_, i) => results[i]?.status === "fulfilled");
    if (sent.length > 0) await ledger.acknowledged(sent.map(({ seq }) => seq));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    events.sent(sent.length);
    failures = 0;
  };
  const drain = async () => {
    do {
      more = false;
      for (let next = ledger.unsent(AT_ONCE); next.length > 0; next = ledger.unsent(AT_ONCE)) await sendSome(next);
    } while (more);
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
  const retry = (error: unknown) => {
    if (failures++ === 0) events.failed(error);
    waiting = new AbortController();
    const signal = AbortSignal.any([over.signal, waiting.signal]);
    sleep(backoffMs(failures - 1, Math.random(), again), undefined, { signal }).then(wake, () => undefined);
  };
  return {
    wake,
    idle: async () => await running,
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
    },
  };
}
