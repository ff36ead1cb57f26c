import { setTimeout as sleep } from "node:timers/promises";
import { type Backoff, backoffMs } from "./mqtt/backoff.ts";

export interface RetryOptions extends Backoff {
  /** Ends the attempts, also while they wait. */
  readonly signal: AbortSignal;
}

/**
 * Attempts until the loop is left or the signal is aborted: `for await (const failures of retry(…))`. The waits between
 * them grow, and are random.
 */
export async function* retry({ signal, ...backoff }: RetryOptions): AsyncGenerator<number, void> {
  for (let failures = 0; !signal.aborted; failures++) {
    yield failures;
    await sleep(backoffMs(failures, Math.random(), backoff), undefined, { signal }).catch(() => undefined);
  }
}
