import type { IncomingHttpHeaders } from "node:http";
import { BODY_BYTES } from "./body.ts";
import { HttpProblem } from "./problem.ts";

/** Limits the bodies that requests of one subject hold in memory at the same time. Each process counts separately. */
export interface BodyLimit {
  /**
   * Counts a body before it is read. Returns a function that ends the count; a second call does nothing. Throws HttpProblem above
   * the limit.
   */
  take(name: string, headers: IncomingHttpHeaders): () => void;
}

/** A slow connection needs less: a token may send 20 requests a second. */
export const MOST_BODIES = 64;
export const MOST_BODY_BYTES = 32 * 1024 * 1024;

interface Held {
  readonly bodies: number;
  readonly bytes: number;
}

export function openBodyLimit(): BodyLimit {
  const held = new Map<string, Held>();
  const add = (name: string, bodies: number, bytes: number) => {
    const now = held.get(name) ?? { bodies: 0, bytes: 0 };
    const next = { bodies: now.bodies + bodies, bytes: now.bytes + bytes };
    if (next.bodies > MOST_BODIES || next.bytes > MOST_BODY_BYTES) throw tooMuch();
    if (next.bodies === 0) held.delete(name);
    else held.set(name, next);
  };
  return {
    take(name, headers) {
      const bytes = announcedBytes(headers);
      add(name, 1, bytes);
      let isHeld = true;
      return () => {
        if (isHeld) add(name, -1, -bytes);
        isHeld = false;
      };
    },
  };
}

/** The largest size of the body. Node reads no more than the request announces, and Fastify no more than BODY_BYTES. */
function announcedBytes(headers: IncomingHttpHeaders): number {
  if (headers["transfer-encoding"] !== undefined) return BODY_BYTES;
  return Math.min(BODY_BYTES, Number(headers["content-length"] ?? 0));
}

function tooMuch(): HttpProblem {
  const detail = `at most ${MOST_BODIES} bodies with ${MOST_BODY_BYTES} bytes are read at the same time`;
  return new HttpProblem("too_many_requests", detail, { retryAfterSeconds: 1 });
}
