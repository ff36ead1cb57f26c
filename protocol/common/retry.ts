import { setTimeout as sleep } from "node:timers/promises";
import { type Backoff, backoffMs } from "./backoff.ts";

export interface RetryOptions extends Backoff {
  /** Ends the attempts, also while they wait. */
  readonly signal: AbortSignal;
}

export interface Attempt {
  /** How many attempts failed before this one, since the last that succeeded. */
  readonly failures: number;
  /** The waits start over: what fails next fails for the first time. */
  succeeded(): void;
}

/**
 * Attempts until the loop is left or the signal is aborted: `for await (const { failures } of retry(…))`. The waits
 * between them grow, and are random.
 */
export async function* retry({ signal, ...backoff }: RetryOptions): AsyncGenerator<Attempt, void> {
  let failures = 0;
  while (!signal.aborted) {
    let next = failures + 1;
    yield {
      failures,
      succeeded() {
        next = 0;
      },
    };
    await sleep(backoffMs(Math.max(next - 1, 0), Math.random(), backoff), undefined, { signal }).catch(() => undefined);
    failures = next;
  }
}
