import { setTimeout as sleep } from "node:timers/promises";
import { type Backoff, backoffMs } from "./backoff.ts";

export interface RetryOptions extends Backoff {
  /** Ends the attempts, also while they wait. */
  readonly signal: AbortSignal;
}

export interface Attempt {
  /** How many attempts failed before this one, since the last that succeeded. */
  readonly failures: number;
  /** Starts the waits again, with other bounds if they are given. The next failure counts as the first. */
  succeeded(from?: Backoff): void;
}

/**
 * Attempts until the loop is left or the signal is aborted: `for await (const { failures } of retry(…))`. The waits
 * between them grow, and are random.
 */
export async function* retry({ signal, ...bounds }: RetryOptions): AsyncGenerator<Attempt, void> {
  let failures = 0;
  let backoff: Backoff = bounds;
  while (!signal.aborted) {
    let next = failures + 1;
    yield {
      failures,
      succeeded(from = backoff) {
        next = 0;
        backoff = from;
      },
    };
    await sleep(backoffMs(Math.max(next - 1, 0), Math.random(), backoff), undefined, { signal }).catch(() => undefined);
    failures = next;
  }
}
