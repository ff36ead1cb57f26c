import type { z } from "zod";
import type { Subject } from "./access.ts";

/** A request as routes see it, read and bounded. */
export interface Incoming<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Aborted when the client has disconnected. */
  readonly signal: AbortSignal;
  readonly subject: Subject;
}

export type Answer =
  | {
      readonly kind: "json";
      readonly status: number;
      readonly body: object;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "text"; readonly body: string; readonly type: string }
  | {
      readonly kind: "file";
      readonly status: 200 | 302 | 304;
      readonly body: Uint8Array;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: "events"; readonly events: AsyncIterable<ServerEvent> };

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: object;
}

/** What a body may be. A form's photo comes as bytes. */
export type BodyKind = "none" | "json" | "photo";

/** One way into the gateway, described once: what is checked, what is documented and what is done come from here. */
export interface Route<P = unknown, Q = unknown, B = unknown> {
  readonly method: "GET" | "POST" | "PUT";
  /** With `{names}` as OpenAPI writes them. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly open: boolean;
  readonly params: z.ZodType<P>;
  readonly query: z.ZodType<Q>;
  readonly bodyKind: BodyKind;
  readonly body: z.ZodType<B>;
  readonly answers: Readonly<Record<number, AnswerDescription>>;
  handle(incoming: Incoming<P, Q, B>): Promise<Answer>;
}

export interface AnswerDescription {
  readonly what: string;
  readonly type: "application/json" | "text/event-stream" | "text/plain";
  readonly schema?: z.ZodType;
}

/** Lets routes of several shapes stand in one list: the server gives each what its own schemas have read. */
export function route<P, Q, B>(of: Route<P, Q, B>): Route {
  return { ...of, handle: (incoming) => of.handle(incoming as Incoming<P, Q, B>) };
}

export const json = (status: number, body: object, headers?: Readonly<Record<string, string>>): Answer => ({
  kind: "json",
  status,
  body,
  ...(headers ? { headers } : {}),
});
