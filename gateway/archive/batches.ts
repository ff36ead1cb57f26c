import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "../../protocol/common/backoff.ts";

/** Does work in batches. Items that arrive during a batch form the next one. */
export interface Batches<T> extends AsyncDisposable {
  /** Resolves when the item's batch is done. Never settles if the batches are closed before. */
  add(item: T): Promise<void>;
  /** The number of waiting items. */
  size(): number;
}

export interface BatchOptions<T> {
  /** A batch that fails is repeated until it succeeds, so a repetition must be harmless. */
  readonly work: (items: readonly T[]) => Promise<void>;
  readonly failed: (error: unknown) => void;
  readonly most: number;
}

const AGAIN = { firstMs: 200, mostMs: 5_000 };

interface Waiting<T> {
  readonly item: T;
  readonly done: () => void;
}

export function openBatches<T>({ work, failed, most }: BatchOptions<T>): Batches<T> {
  const waiting: Waiting<T>[] = [];
  const over = new AbortController();
  let running: Promise<void> | undefined;

  const untilDone = async (items: readonly T[]) => {
    for (let failures = 0; !over.signal.aborted; failures++) {
      try {
        await work(items);
        return true;
      } catch (error) {
        if (failures === 0) failed(error);
        const waitMs = backoffMs(failures, Math.random(), AGAIN);
        await sleep(waitMs, undefined, { signal: over.signal }).catch(() => undefined);
      }
    }
    return false;
  };
  const drain = async () => {
    while (waiting.length > 0 && !over.signal.aborted) {
      const batch = waiting.splice(0, most);
      if (!(await untilDone(batch.map(({ item }) => item)))) return;
      for (const { done } of batch) done();
    }
  };
  const start = () => {
    running ??= drain().finally(() => {
      running = undefined;
      if (waiting.length > 0 && !over.signal.aborted) start();
    });
  };
  return {
    add: (item) =>
      new Promise((done) => {
        waiting.push({ item, done });
        start();
      }),
    size: () => waiting.length,
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
    },
  };
}
