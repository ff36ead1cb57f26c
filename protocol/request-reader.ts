import { LIMITS, REFUSALS, type RefusalCode, type RequestClaims, requestSchema, TYPES } from "./contract.ts";
import { decrypt, type KeySet, type PrivateKey, verifyWithKeySet } from "./tokens.ts";
import { timeProblem } from "./validity.ts";

/** A request that is not accepted: nothing was changed by it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  /** The request's id, once it is known to be the carrier's own. */
  readonly jti: string | undefined;

  constructor(code: RefusalCode, detail = "", jti?: string) {
    super(detail ? `${REFUSALS[code]}: ${detail}` : REFUSALS[code]);
    this.code = code;
    this.jti = jti;
  }
}

/** Who reads a request, and whom they trust. */
export interface Reader {
  readonly device: string;
  readonly sealing: PrivateKey;
  readonly carrier: KeySet;
  readonly clock: { wallMs(): number };
  /** Whether that clock can be believed: what is fresh cannot be told without. */
  readonly clockIsSet: () => boolean;
}

/** Five base64url parts; the second, the encrypted key, is empty under direct key agreement. */
const COMPACT_JWE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Opens a message as a request: its size, its form, its seal, its signature, its claims, its addressee, its time, in
 * this order, so that a message that is not the carrier's costs as little as possible. Throws Refusal.
 */
export async function readRequest(message: Uint8Array, reader: Reader): Promise<RequestClaims> {
  if (message.length > LIMITS.tokenBytes) throw new Refusal("too_large", `${message.length} bytes`);
  const sealed = Buffer.from(message).toString("latin1");
  if (!COMPACT_JWE.test(sealed)) throw new Refusal("malformed");
  const token = await attempt("cannot_open", () => decrypt(sealed, reader.sealing));
  const claims = await attempt("bad_signature", () => verifyWithKeySet(token, TYPES.request, reader.carrier));
  const request = readClaims(claims);
  if (request.aud !== reader.device) throw new Refusal("wrong_audience", `"${request.aud}"`, request.jti);
  if (!reader.clockIsSet()) throw new Refusal("clock_not_set", "", request.jti);
  requireTime(request, reader.clock.wallMs() / 1000);
  return request;
}

async function attempt<T>(code: RefusalCode, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Refusal(code, error instanceof Error ? error.message : String(error));
  }
}

function readClaims(claims: unknown): RequestClaims {
  const read = requestSchema.safeParse(claims);
  if (read.success) return read.data;
  const first = read.error.issues[0];
  const detail = `${first?.path.join(".") || "claims"}: ${first?.message}`;
  const jti = requestSchema.options[0].shape.jti.safeParse((claims as { jti?: unknown } | null)?.jti).data;
  throw new Refusal(first?.path[0] === "consent" ? "no_consent" : "invalid_claims", detail, jti);
}

function requireTime(request: RequestClaims, now: number): void {
  const problem = timeProblem(request, now);
  if (problem) throw new Refusal(problem.code, problem.detail, request.jti);
}
