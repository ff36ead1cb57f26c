import type { Ledger } from "./ledger.ts";

/** Sends what the ledger holds unsent, oldest first, one at a time, until the broker acknowledged it. */
export interface Outbox {
  /** Something to send, or a connection to send it over: look again. */
  wake(): void;
  /** Resolves when nothing is being sent. */
  idle(): Promise<void>;
}

/** `send` rejects while there is no connection: the report stays where it is until the next `wake`. */
export function openOutbox(
  ledger: Ledger,
  send: (token: string) => Promise<void>,
  failed: (error: unknown) => void,
): Outbox {
  let running: Promise<void> | undefined;
  let again = false;

  const drain = async () => {
    do {
      again = false;
      for (let next = await ledger.oldestUnsent(); next; next = await ledger.oldestUnsent()) {
        await send(next.token);
        await ledger.acknowledged(next.seq);
      }
    } while (again);
  };
  const wake = () => {
    again = true;
    running ??= drain()
      .catch(failed)
      .finally(() => {
        running = undefined;
      });
  };
  return { wake, idle: async () => await running };
}
