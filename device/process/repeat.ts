import { setTimeout as sleep } from "node:timers/promises";

/** Repeats work, with a pause after each time. `dispose` ends the pause and waits for running work. */
export function repeat(pauseMs: number, work: () => Promise<void>): AsyncDisposable {
  const stop = new AbortController();
  const run = async () => {
    while (!stop.signal.aborted) {
      await work();
      await sleep(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}
