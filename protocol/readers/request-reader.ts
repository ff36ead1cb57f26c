import { BASE64, decodeBase64 } from "../encoding/base64.ts";
import { cutString, parseJson } from "../encoding/bounded-json.ts";
import { decrypt, HEADER_DIGITS, type KeySet, type PrivateKey, verifiedPayload } from "../encoding/tokens.ts";
import {
  type AimClaims,
  type CancelClaims,
  LIMITS,
  REFUSALS,
  type RefusalCode,
  type RequestClaims,
  requestSchema,
  TYPES,
  type VerifyClaims,
} from "../messages/contract.ts";
import { refusal } from "./refusal.ts";
import { timeProblem } from "./validity.ts";

/** A request that is not accepted: nothing was changed by it. */
export class Refusal extends refusal<RefusalCode>("Refusal", REFUSALS) {}

/** Who reads a request, and whom they trust. */
export interface Reader {
  readonly device: string;
  readonly sealing: PrivateKey;
  readonly carrier: KeySet;
  readonly clock: { wallMs(): number };
  /** Whether that clock can be believed: what is fresh cannot be told without. */
  readonly clockIsSet: () => boolean;
}

/** A request for a verification as it is read: the photo as bytes, for whoever takes the request to overwrite. */
export type VerifyRequest = Omit<VerifyClaims, "reference"> & { readonly photo: Uint8Array };
export type Request = VerifyRequest | CancelClaims | AimClaims;

/** Five base64url parts; the first, the header, is short; the second is empty under direct key agreement. */
const COMPACT_JWE = new RegExp(
  `^[A-Za-z0-9_-]{1,${HEADER_DIGITS}}\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$`,
);

/** Of the claims without the photo. */
const CLAIMS = { bytes: 16_384, depth: 8 } as const;
const PHOTO_DIGITS = Math.ceil((LIMITS.referenceBytes * 4) / 3) + 4;
/** Stands in the claims where the photo was: base64, as the contract asks there. */
const CUT = "AAAA";

/**
 * Reads a message as a request: its size, its form, its encryption, its signature, its claims, its addressee, its time,
 * in this order, so that a message that is not the carrier's costs as little as possible. What was decrypted stays bytes,
 * and is overwritten before this ends; of the photo only its bytes are left. Throws Refusal, and then they are not either.
 */
export async function readRequest(message: Uint8Array, reader: Reader): Promise<Request> {
  if (message.length > LIMITS.tokenBytes) throw new Refusal("too_large", `${message.length} bytes`);
  const jwe = Buffer.from(message).toString("latin1");
  if (!COMPACT_JWE.test(jwe)) throw new Refusal("malformed");
  const token = await decrypt(jwe, reader.sealing).catch(refuseAs("cannot_open"));
  try {
    const request = readSigned(token, reader);
    requireNow(request, reader);
    return request;
  } finally {
    token.fill(0);
  }
}

/** A refused request's photo is nobody's any more. */
export function dropPhoto(request: Request): void {
  if ("photo" in request) request.photo.fill(0);
}

function readSigned(token: Uint8Array, { carrier }: Reader): Request {
  const payload = attempt("bad_signature", () => verifiedPayload(token, TYPES.request, carrier.pick));
  try {
    const { json, content } = attempt("invalid_claims", () => cutString(payload, ["reference", "data"], CUT));
    const claims = readClaims(attempt("invalid_claims", () => parseJson(json, CLAIMS)));
    if (claims.type !== "verify") return claims;
    const { reference: _, ...request } = claims;
    return { ...request, photo: readPhoto(content, claims.jti) };
  } finally {
    payload.fill(0);
  }
}

/** The photo's bytes from its text; text with escapes was not cut out, and has no business there. */
function readPhoto(text: Uint8Array | undefined, jti: string): Uint8Array {
  try {
    if (!text || text.length === 0 || text.length > PHOTO_DIGITS)
      throw new RangeError(`not 1 to ${PHOTO_DIGITS} digits`);
    return decodeBase64(text, BASE64);
  } catch (error) {
    throw new Refusal("invalid_claims", `reference.data: ${messageOf(error)}`, jti);
  }
}

function attempt<T>(code: RefusalCode, work: () => T): T {
  try {
    return work();
  } catch (error) {
    return refuseAs(code)(error);
  }
}

function refuseAs(code: RefusalCode): (error: unknown) => never {
  return (error) => {
    throw new Refusal(code, messageOf(error));
  };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function readClaims(claims: unknown): RequestClaims {
  const read = requestSchema.safeParse(claims);
  if (read.success) return read.data;
  const first = read.error.issues[0];
  const detail = `${first?.path.join(".") || "claims"}: ${first?.message}`;
  const jti = requestSchema.options[0].shape.jti.safeParse((claims as { jti?: unknown } | null)?.jti).data;
  throw new Refusal(first?.path[0] === "consent" ? "no_consent" : "invalid_claims", detail, jti);
}

/** Whether it is for this device, and now. */
function requireNow(request: Request, { device, clock, clockIsSet }: Reader): void {
  const refuse = (code: RefusalCode, detail = "") => {
    dropPhoto(request);
    throw new Refusal(code, detail, request.jti);
  };
  if (request.aud !== device) refuse("wrong_audience", `"${request.aud}"`);
  if (!clockIsSet()) refuse("clock_not_set");
  const now = clock.wallMs() / 1000;
  const problem = timeProblem(request, now);
  if (problem) refuse(problem.code, problem.detail);
  if (request.type === "verify" && request.consent.at > now + LIMITS.clockSkewSeconds) {
    refuse("from_future", "the consent is dated later than now");
  }
}
