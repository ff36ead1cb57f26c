import { CarrierError } from "../../carrier/client.ts";
import { codedError } from "../../protocol/common/coded-error.ts";
import { BrokerError } from "../../protocol/mqtt/client.ts";
import { DatabaseAway } from "../database/away.ts";
import { AskError } from "../verifications/ask.ts";

/** Reasons why a request is not served, with HTTP status and title. docs/GATEWAY.md gives the remedy for each. */
export const PROBLEMS = {
  invalid_request: [400, "The request does not match the description of the interface"],
  idempotency_key_missing: [400, "The header Idempotency-Key, the verification's id, is missing"],
  token_missing: [401, "There is no bearer token"],
  token_refused: [401, "The token is not accepted"],
  not_allowed: [403, "The token's scope does not allow this"],
  not_found: [404, "It does not exist, or the token's scope does not include it"],
  camera_unknown: [404, "No identity of this camera is known"],
  camera_offline: [409, "The camera is not connected to the broker"],
  id_taken: [409, "The Idempotency-Key was used for another request"],
  rollout_state: [409, "The state of this or another rollout does not allow this now"],
  too_large: [413, "The request is too large"],
  unsupported_media: [415, "The body is neither JSON nor a form with a photo"],
  photo_refused: [422, "The photo cannot be sent to a camera"],
  too_many_requests: [429, "This token sends too many requests"],
  failed: [500, "The gateway failed"],
  broker_unreachable: [503, "The broker cannot be reached"],
  database_unreachable: [503, "The database cannot be reached"],
  issuer_unreachable: [503, "The keys of the tokens' issuer cannot be fetched"],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The reason why a request is not served. */
export class HttpProblem extends codedError<ProblemCode, { readonly retryAfterSeconds?: number }>("HttpProblem") {}

/** A problem document of RFC 9457. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
}

export function detailsOf(code: ProblemCode, detail: string): ProblemDetails {
  const [status, title] = PROBLEMS[code];
  return { type: `urn:matchlight:problem:${code}`, title, status, code, detail };
}

/** Converts an error to a problem. The answer for an unexpected error reveals no internals. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof AskError) return new HttpProblem(error.code, error.message);
  if (error instanceof CarrierError && error.code === "bad_input")
    return new HttpProblem("photo_refused", error.message);
  if (error instanceof BrokerError) return new HttpProblem("broker_unreachable", error.message);
  if (error instanceof DatabaseAway)
    return new HttpProblem("database_unreachable", "the database does not answer", { cause: error });
  const { code } = error as { readonly code?: unknown };
  if (typeof code === "string" && NO_TEXT.includes(code))
    return new HttpProblem("invalid_request", "a text contains NUL or half of a character");
  return new HttpProblem("failed", "see the gateway's log", { cause: error });
}

/** PostgreSQL's codes for a text, or a text in JSON, that it cannot store. */
const NO_TEXT = ["22021", "22P05"];
