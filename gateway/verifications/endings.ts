import { setTimeout as sleep } from "node:timers/promises";
import type { Queries } from "../database/database.ts";
import { endedOf } from "./verifications.ts";

/** Verifications that have ended; `some`: which, only the database says. */
export type Ended = readonly { readonly device: string; readonly id: string }[] | "some";

/**
 * Waits for the ends of verifications. Whichever process took a report, the database has it: one statement asks for all
 * that somebody waits for here, and none is sent while nobody waits.
 */
export interface Endings extends AsyncDisposable {
  /** Resolves when it has ended, or when the signal is aborted. */
  wait(device: string, id: string, signal: AbortSignal): Promise<void>;
  /** These ended here: whoever waits for them need not wait until the database is asked. */
  ended(which: Ended): void;
}

const LOOK_EVERY_MS = 200;
/** A reason of our own: without one, each abort makes an exception with its stack. */
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
