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
  const waiting = new Map<string, { readonly pair: readonly [string, string]; readonly resolves: Set<() => void> }>();
  const over = new AbortController();
  let pause = new AbortController();
  let running: Promise<void> | undefined;

  const resolveAll = (ended: Exclude<Ended, "some">) => {
    for (const { device, id } of ended) {
      const key = keyOf(device, id);
      for (const resolve of waiting.get(key)?.resolves ?? []) resolve();
      waiting.delete(key);
    }
  };
  const lookOnce = async () => {
    const ended = await endedOf(
      queries,
      [...waiting.values()].map(({ pair }) => pair),
    );
    resolveAll(ended);
  };
  const run = async () => {
    while (waiting.size > 0 && !over.signal.aborted) {
      await lookOnce().catch(failed);
      pause = new AbortController();
      const signal = AbortSignal.any([pause.signal, over.signal]);
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const start = () => {
    running ??= run().finally(() => {
      running = undefined;
      if (waiting.size > 0 && !over.signal.aborted) start();
    });
  };
  return {
    async wait(device, id, signal) {
      if (signal.aborted) return;
      const key = keyOf(device, id);
      const one = waiting.get(key) ?? { pair: [device, id] as const, resolves: new Set<() => void>() };
      waiting.set(key, one);
      let resolve: () => void = () => undefined;
      const ended = new Promise<void>((done) => {
        resolve = done;
      });
      one.resolves.add(resolve);
      signal.addEventListener("abort", resolve, { once: true });
      start();
      await ended;
      signal.removeEventListener("abort", resolve);
      one.resolves.delete(resolve);
      if (one.resolves.size === 0) waiting.delete(key);
    },
    ended: (which) => (which === "some" ? pause.abort(NOW) : resolveAll(which)),
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
      for (const { resolves } of waiting.values()) for (const resolve of resolves) resolve();
    },
  };
}

const keyOf = (device: string, id: string) => `${device} ${id}`;
