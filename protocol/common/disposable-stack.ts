import { setTimeout as sleep } from "node:timers/promises";

/** Closes what was opened, the last first. Everything is tried; the first error is thrown at the end. */
export interface Resources extends AsyncDisposable {
  /** Remembers something to be closed, and gives it back. */
  use<T extends AsyncDisposable>(resource: T): T;
  onClose(close: () => Promise<void>): void;
}

/** The needed part of AsyncDisposableStack, which Node 20 does not have yet. */
export function openResources(): Resources {
  const closers: (() => Promise<void>)[] = [];
  return {
    use(resource) {
      closers.push(async () => resource[Symbol.asyncDispose]());
      return resource;
    },
    onClose: (close) => void closers.push(close),
    async [Symbol.asyncDispose]() {
      const errors: unknown[] = [];
      for (const close of closers.splice(0).reverse()) await close().catch((error: unknown) => errors.push(error));
      if (errors.length > 0) throw errors[0];
    },
  };
}

/** Opens several parts as one. Its disposal closes them, the last first; so does an error while they are opened. */
export async function openWhole<T extends object>(
  build: (opened: Resources) => Promise<T>,
): Promise<T & AsyncDisposable> {
  const opened = openResources();
  try {
    return Object.assign(await build(opened), { [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() });
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

/** Waits for the work, but not longer than this. The timer does not keep the process alive. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work, sleep(ms, undefined, { ref: false })]);
}
