import { setTimeout as sleep } from "node:timers/promises";
import type { Queries } from "../database/database.ts";
import { endedOf } from "./verifications.ts";

/** Verifications that have ended. `some`: only the database knows which. */
export type Ended = readonly { readonly device: string; readonly id: string }[] | "some";

/**
 * Waits for the ends of verifications. Any process may archive a report, so this asks the database: one statement for all
 * verifications that callers wait for, and none while nobody waits.
 */
export interface Endings extends AsyncDisposable {
  /** Resolves when the verification has ended or the signal is aborted. */
  wait(device: string, id: string, signal: AbortSignal): Promise<void>;
  /** These verifications ended in this process: their callers need not wait for the next question to the database. */
  ended(which: Ended): void;
}

const LOOK_EVERY_MS = 200;
/** A fixed abort reason. Without it, each abort creates an exception with a stack. */
const NOW = "something ended";

export function openEndings(queries: Queries, failed: (error: unknown) => void): Endings {
  const waiters = openWaiters();
  const over = new AbortController();
  let pause = new AbortController();
  let running: Promise<void> | undefined;

  const isNeeded = () => waiters.any() && !over.signal.aborted;
  const run = async () => {
    while (isNeeded()) {
      await endedOf(queries, waiters.pairs()).then(waiters.resolve, failed);
      pause = new AbortController();
      const signal = AbortSignal.any([pause.signal, over.signal]);
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const start = () => {
    running ??= run().finally(() => {
      running = undefined;
      if (isNeeded()) start();
    });
  };
  return {
    async wait(device, id, signal) {
      if (signal.aborted) return;
      const waiter = waiters.add(device, id);
      signal.addEventListener("abort", waiter.resolve, { once: true });
      start();
      await waiter.resolved;
      signal.removeEventListener("abort", waiter.resolve);
      waiter.leave();
    },
    ended: (which) => (which === "some" ? pause.abort(NOW) : waiters.resolve(which)),
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
      waiters.resolveAll();
    },
  };
}

/** The callers that wait, by verification. */
function openWaiters() {
  const waiting = new Map<string, { readonly pair: readonly [string, string]; readonly resolves: Set<() => void> }>();
  const resolve = (ended: Exclude<Ended, "some">) => {
    for (const { device, id } of ended) {
      const key = keyOf(device, id);
      for (const done of waiting.get(key)?.resolves ?? []) done();
      waiting.delete(key);
    }
  };
  return {
    any: () => waiting.size > 0,
    pairs: () => [...waiting.values()].map(({ pair }) => pair),
    resolve,
    resolveAll: () => resolve([...waiting.values()].map(({ pair: [device, id] }) => ({ device, id }))),
    add(device: string, id: string) {
      const key = keyOf(device, id);
      const one = waiting.get(key) ?? { pair: [device, id] as const, resolves: new Set<() => void>() };
      waiting.set(key, one);
      let done: () => void = () => undefined;
      const resolved = new Promise<void>((resolve) => {
        done = resolve;
      });
      one.resolves.add(done);
      const leave = () => {
        one.resolves.delete(done);
        if (one.resolves.size === 0 && waiting.get(key) === one) waiting.delete(key);
      };
      return { resolved, resolve: done, leave };
    },
  };
}

const keyOf = (device: string, id: string) => `${device} ${id}`;
