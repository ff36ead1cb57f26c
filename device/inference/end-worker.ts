import type { Worker } from "node:worker_threads";

/** Asks a thread to end. */
export interface EndOfThread {
  readonly kind: "end";
}

const END_OF_THREAD: EndOfThread = { kind: "end" };

/** What takes this long is stuck. */
const ENDED_WITHIN_MS = 30_000;

/**
 * Lets a thread that runs networks end itself, between two of them, and waits for it. Threads of the service heed
 * END_OF_THREAD. `terminate()` would break into a network: the binding of onnxruntime 1.27 then throws where nothing
 * catches, and the whole process aborts. A thread that is stuck is not waited for: nothing can end it before the native code
 * that it is in, and then it ends itself. A process that must end before that does so by `exitNow`.
 */
export async function endThread(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return;
  worker.postMessage(END_OF_THREAD);
  await new Promise<void>((resolve) => {
    const late = setTimeout(() => {
      worker.unref();
      resolve();
    }, ENDED_WITHIN_MS);
    worker.once("exit", () => {
      clearTimeout(late);
      resolve();
    });
  });
}
