import { z } from "zod";
import type { Subject } from "./access.ts";

/** A request that was read and checked by the schemas of its route. */
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

/** The kind of a body. `photo` is JSON or a form; the photo arrives as bytes. */
export type BodyKind = "none" | "json" | "photo";

/** Who may use a route: anybody, a token of any scope, or only a token with the scope `fleet`. */
export type RouteAccess = "anybody" | "token" | "fleet";

/** A route as it is declared. Parameters, query and body may be left out; then the route takes none. */
export interface RouteDeclaration<P, Q, B> {
  readonly method: "GET" | "POST" | "PUT";
  /** With `{names}` as OpenAPI writes them. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly access: RouteAccess;
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** If left out: `json` with a body, and `none` without. */
  readonly bodyKind?: BodyKind;
  readonly answers: Readonly<Record<number, AnswerDescription>>;
  handle(incoming: Incoming<P, Q, B>): Promise<Answer>;
}

/** A route of the gateway. The server checks requests by it, and OpenAPI documents it. */
export type Route = Required<RouteDeclaration<unknown, unknown, unknown>>;

export interface AnswerDescription {
  readonly what: string;
  readonly type: "application/json" | "text/event-stream" | "text/plain";
  readonly schema?: z.ZodType;
}

const NOTHING = z.object({});

/** Makes routes of different types fit into one list. The server gives each route what the route's own schemas have read. */
export function route<P = object, Q = object, B = object>(declared: RouteDeclaration<P, Q, B>): Route {
  return {
    params: NOTHING,
    query: NOTHING,
    body: NOTHING,
    bodyKind: declared.body ? "json" : "none",
    ...declared,
    handle: (incoming) => declared.handle(incoming as Incoming<P, Q, B>),
  };
}

export const json = (status: number, body: object, headers?: Readonly<Record<string, string>>): Answer => ({
  kind: "json",
  status,
  body,
  ...(headers ? { headers } : {}),
});
