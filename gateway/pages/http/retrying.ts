/// <reference lib="dom" />
import { Problem } from "./api.ts";

export const AGAIN_MS = 1_000;

/** What a new attempt can help: the way to the gateway, and what the gateway itself needs. */
const PASSING: ReadonlySet<string> = new Set(["unreachable", "broker_unreachable", "database_unreachable"]);

/** Does work again until it is done, or for as long as it may take. */
export type Again = <T>(work: () => Promise<T>, forMs?: number) => Promise<T | undefined>;

/**
 * Does work again as long as only the connection is what fails it. It gives undefined when the signal ends it, and throws
 * Problem for anything else.
 */
export function retrying(signal: AbortSignal, connected: (isConnected: boolean) => void): Again {
  return async (work, forMs = Number.POSITIVE_INFINITY) => {
    const untilMs = performance.now() + forMs;
    while (!signal.aborted) {
      try {
        const done = await work();
        connected(true);
        return done;
      } catch (error) {
        if (signal.aborted) return undefined;
        connected(false);
        const isPassing = error instanceof Problem && PASSING.has(error.code);
        if (!isPassing || performance.now() > untilMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    return undefined;
  };
}

/** A random id that also browsers without a secure context can make. */
export function randomId(): string {
  return Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
