import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Progress } from "../../../cli/console/progress.ts";
import type { Found, FromEvaluateWorker, Task, ToEvaluateWorker } from "./tasks.ts";

/** More threads are not faster: pictures are small, and each thread loads its own networks. */
const MOST_THREADS = 8;

export interface PoolOptions {
  /** The folder of the pack that the threads load. */
  readonly pack: string;
  readonly threads?: number;
  readonly progress?: Progress;
  /** Ends the work early and returns the results so far. */
  readonly signal?: AbortSignal;
}

/**
 * Runs tasks on as many threads as there are cores. Returns the results in order; undefined for tasks that were not
 * run. Throws if a thread cannot load the pack or dies.
 */
export async function runTasks(tasks: readonly Task[], options: PoolOptions): Promise<readonly (Found | undefined)[]> {
  const results: (Found | undefined)[] = tasks.map(() => undefined);
  const queue = tasks.keys();
  let done = 0;
  const take = (): ToEvaluateWorker | undefined => {
    const { value: index, done: empty } = queue.next();
    const task = empty ? undefined : tasks[index];
    return task && index !== undefined && !options.signal?.aborted ? { index, task } : undefined;
  };
  const keep = (index: number, found: Found) => {
    results[index] = found;
    options.progress?.(++done, tasks.length);
  };
  const threads = Math.min(options.threads ?? availableParallelism(), MOST_THREADS, Math.max(1, tasks.length));
  await Promise.all(Array.from({ length: threads }, () => runThread(options.pack, take, keep)));
  return results;
}

async function runThread(
  pack: string,
  take: () => ToEvaluateWorker | undefined,
  keep: (index: number, found: Found) => void,
): Promise<void> {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: { pack } });
  try {
    await new Promise<void>((resolve, reject) => {
      const next = () => {
        const task = take();
        if (task) worker.postMessage(task);
        else resolve();
      };
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`a thread of the evaluation ended with code ${code}`)));
      worker.on("message", (message: FromEvaluateWorker) => {
        if (message.kind === "refused") reject(new Error(message.problem));
        if (message.kind === "found") keep(message.index, message.found);
        if (message.kind !== "refused") next();
      });
    });
  } finally {
    await worker.terminate();
  }
}
