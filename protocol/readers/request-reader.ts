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

/** A request that is not accepted. It changes nothing. */
export class Refusal extends refusal<RefusalCode>("Refusal", REFUSALS) {}

/** The device that reads a request, and the keys that it trusts. */
export interface Reader {
  readonly device: string;
  readonly sealing: PrivateKey;
  readonly carrier: KeySet;
  readonly clock: { wallMs(): number };
  /** Whether the clock is set. Without it the device cannot check the time of a message. */
  readonly clockIsSet: () => boolean;
}

/** A request that was read. Its photo is bytes, which the receiver overwrites. */
export type VerifyRequest = Omit<VerifyClaims, "reference"> & { readonly photo: Uint8Array };
export type Request = VerifyRequest | CancelClaims | AimClaims;

/** Five base64url parts; the first, the header, is short; the second is empty under direct key agreement. */
const COMPACT_JWE = new RegExp(
  `^[A-Za-z0-9_-]{1,${HEADER_DIGITS}}\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$`,
);

/** The bounds of the claims without the photo. */
const CLAIMS = { bytes: 16_384, depth: 8 } as const;
const PHOTO_DIGITS = Math.ceil((LIMITS.referenceBytes * 4) / 3) + 4;
/** Replaces the photo in the claims. It is base64, as the contract requires. */
const CUT = "AAAA";

/**
 * Reads a request. Checks size, form, encryption, signature, claims, addressee and time, in this order, so that a message of
 * somebody else costs little. Decrypted data stays bytes and is overwritten before this returns; only the photo's bytes
 * remain. Throws Refusal; then the photo is overwritten, too. A request that `isKnown` names was accepted before: its time was
 * checked then, and its report may be asked for later.
 */
export async function readRequest(
  message: Uint8Array,
  reader: Reader,
  isKnown: (jti: string) => boolean = () => false,
): Promise<Request> {
  if (message.length > LIMITS.tokenBytes) throw new Refusal("too_large", `${message.length} bytes`);
  const jwe = Buffer.from(message).toString("latin1");
  if (!COMPACT_JWE.test(jwe)) throw new Refusal("malformed");
  const token = await decrypt(jwe, reader.sealing).catch(refuseAs("cannot_open"));
  try {
    const request = readSigned(token, reader);
    requireNow(request, reader, isKnown);
    return request;
  } finally {
    token.fill(0);
  }
}

/** Overwrites the photo of a refused request. */
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

/** Decodes the photo. A text with escapes was not cut out of the claims, and is refused. */
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

/** Checks that a request is for this device, and valid now or known. */
function requireNow(request: Request, { device, clock, clockIsSet }: Reader, isKnown: (jti: string) => boolean): void {
  const refuse = (code: RefusalCode, detail = "") => {
    dropPhoto(request);
    throw new Refusal(code, detail, request.jti);
  };
  if (request.aud !== device) refuse("wrong_audience", `"${request.aud}"`);
  if (request.type === "verify" && isKnown(request.jti)) return;
  if (!clockIsSet()) refuse("clock_not_set");
  const now = clock.wallMs() / 1000;
  const problem = timeProblem(request, now);
  if (problem) refuse(problem.code, problem.detail);
  if (request.type === "verify" && request.consent.at > now + LIMITS.clockSkewSeconds) {
    refuse("from_future", "the consent is dated later than now");
  }
}
