import { setTimeout as sleep } from "node:timers/promises";
import type { Queries } from "../database/database.ts";
import { endedOf } from "./verifications.ts";

/**
 * Waits for the ends of verifications. Whichever process took a report, the database has it: one statement asks for all
 * that somebody waits for here, and none is sent while nobody waits.
 */
export interface Endings extends AsyncDisposable {
  /** Resolves when it has ended, or when the signal is aborted. */
  wait(device: string, id: string, signal: AbortSignal): Promise<void>;
  /** Something ended here: look now. */
  look(): void;
}

const LOOK_EVERY_MS = 200;

export function openEndings(queries: Queries, failed: (error: unknown) => void): Endings {
  const waiting = new Map<string, { readonly pair: readonly [string, string]; readonly resolves: Set<() => void> }>();
  const over = new AbortController();
  let pause = new AbortController();
  let running: Promise<void> | undefined;

  const lookOnce = async () => {
    const ended = await endedOf(
      queries,
      [...waiting.values()].map(({ pair }) => pair),
    );
    for (const { device, id } of ended) {
      const key = keyOf(device, id);
      for (const resolve of waiting.get(key)?.resolves ?? []) resolve();
      waiting.delete(key);
    }
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
    look: () => pause.abort(),
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
      for (const { resolves } of waiting.values()) for (const resolve of resolves) resolve();
    },
  };
}

const keyOf = (device: string, id: string) => `${device} ${id}`;
