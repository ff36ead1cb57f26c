/// <reference lib="dom" />
import { Problem } from "./api.ts";

export const AGAIN_MS = 1_000;

/** Failures that a new attempt can solve: of the connection, or of a service that the gateway requires. */
const PASSING: ReadonlySet<string> = new Set([
  "unreachable",
  "broker_unreachable",
  "database_unreachable",
  "issuer_unreachable",
]);

/** Repeats work until it succeeds or its time is over. */
export type Again = <T>(work: () => Promise<T>, forMs?: number) => Promise<T | undefined>;

/**
 * Repeats work while only the connection fails. Returns undefined when the signal aborts. Throws Problem for any other failure.
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

/** Makes a random id, also in browsers without a secure context. */
export function randomId(): string {
  return Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
