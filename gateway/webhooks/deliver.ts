import type { Endpoint } from "./endpoints.ts";
import { signatureHeaders } from "./signature.ts";

/** The request for one event. */
export interface Delivery {
  readonly event: string;
  readonly body: string;
}

/** Sends an event once. Returns the reason of a failure, without any text of the receiver; undefined after success. */
export type Deliver = (endpoint: Endpoint, delivery: Delivery) => Promise<string | undefined>;

/**
 * An event is delivered when the receiver answers 2xx in time. The body of the answer is not read and redirects are not followed,
 * so a receiver cannot send the gateway to another address or keep it busy.
 */
export function openDeliver(withinSeconds: number, signal: AbortSignal): Deliver {
  return async ({ url, secrets }, { event, body }) => {
    const timestamp = Math.floor(Date.now() / 1000);
    const limit = AbortSignal.timeout(withinSeconds * 1000);
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...signatureHeaders({ id: event, timestamp, body }, secrets) },
        body,
        redirect: "manual",
        signal: AbortSignal.any([signal, limit]),
      });
      await answer.body?.cancel();
      return answer.ok ? undefined : `it answered ${answer.status}`;
    } catch (error) {
      return limit.aborted ? `it did not answer within ${withinSeconds} s` : reasonOf(error);
    }
  };
}

function reasonOf(error: unknown): string {
  const { code } = ((error as Error).cause ?? error) as { readonly code?: unknown };
  return typeof code === "string" ? `it cannot be reached (${code})` : "it cannot be reached";
}
