import { randomUUID } from "node:crypto";
import {
  digest,
  encrypt,
  encryptBytes,
  type JWK,
  type PrivateKey,
  readPrivateKey,
  sign,
  signWithData,
} from "../protocol/encoding/tokens.ts";
import {
  type CancelClaims,
  CONTRACT_VERSION,
  type Identity,
  LIMITS,
  type ReceiptClaims,
  type RequestClaims,
  TYPES,
  type VerifyClaims,
} from "../protocol/messages/contract.ts";
import { CarrierError } from "./errors.ts";

/** A request for a verification. */
export interface Ask {
  /** The photo of the ID card, JPEG or PNG, at most 1.5 MB. */
  readonly reference: Uint8Array;
  /** The customer's consent: its id, its time (seconds since 1970), and the notice that was shown. */
  readonly consent: VerifyClaims["consent"];
  readonly purpose: string;
  readonly policy?: VerifyClaims["policy"];
  /**
   * Promises the camera a receipt for the report (`Carrier.receipt`). The camera keeps the report and sends it again until
   * the receipt comes. For older cameras the broker's acknowledgement is sufficient.
   */
  readonly receipt?: boolean;
}

/** A signed and encrypted request, and the marks of its answers. */
export interface Prepared {
  readonly jti: string;
  readonly sealed: string;
  readonly digest: string;
  /** The time for the answer: the allowed wait and the verification. */
  readonly timeoutMs: number;
}

/** The same with the request as bytes. */
export interface PreparedBytes extends Omit<Prepared, "sealed"> {
  readonly payload: Buffer;
}

/** The validity of a request. */
const LIFETIME_SECONDS = 120;

/** The sender of requests: the carrier's name and its signing key. */
export interface Asker {
  readonly issuer: string;
  readonly key: PrivateKey;
}

/** Reads the carrier's or the operator's private key. Throws CarrierError `bad_input`. */
export async function readKey(key: JWK): Promise<PrivateKey> {
  if (typeof key !== "object") throw new CarrierError("bad_input", "the key must be a private JWK, as an object");
  try {
    return await readPrivateKey(key, "signing");
  } catch (cause) {
    throw new CarrierError("bad_input", `the key cannot be used: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

/** The names in a policy. A camera ignores others, and a misspelt `assurance` would ask for less than was meant. */
const POLICY = { fmr: true, timeoutMs: true, challenge: true, assurance: true, waitMs: true } as const satisfies Record<
  keyof NonNullable<VerifyClaims["policy"]>,
  true
>;

function requireKnown(policy: object): void {
  const unknown = Object.keys(policy).find((name) => !Object.hasOwn(POLICY, name));
  if (unknown === undefined) return;
  throw new CarrierError("bad_input", `a policy has no "${unknown}", but ${Object.keys(POLICY).join(", ")}`);
}

/** Makes a verification request. Throws CarrierError `bad_input` for a photo that no device could read, or an unknown policy. */
export async function prepareVerify(asker: Asker, to: Identity, ask: Ask, jti?: string): Promise<Prepared> {
  const { payload, ...prepared } = prepareVerifyBytes(asker, to, ask, jti);
  return { ...prepared, sealed: payload.toString("latin1") };
}

/** The same as bytes: half the time for a photo of 100 kB, and no string holds it. */
export function prepareVerifyBytes(asker: Asker, to: Identity, ask: Ask, jti: string = randomUUID()): PreparedBytes {
  requireKnown(ask.policy ?? {});
  const claims: VerifyClaims = {
    ...envelope(asker, to),
    jti,
    type: "verify",
    purpose: ask.purpose,
    consent: ask.consent,
    reference: { mediaType: mediaTypeOf(ask.reference), data: "" },
    ...(ask.policy ? { policy: ask.policy } : {}),
    ...(ask.receipt ? { receipt: true } : {}),
  };
  const token = signWithData(claims, ask.reference, TYPES.request, asker.key);
  const payload = encryptBytes(token, to.sealing);
  token.fill(0);
  const timeoutMs = (ask.policy?.timeoutMs ?? LIMITS.timeoutMs.standard) + (ask.policy?.waitMs ?? 0);
  return { jti, payload, digest: digest(payload), timeoutMs };
}

/** Makes a request that ends a running one. */
export async function prepareCancel(
  asker: Asker,
  to: Identity,
  request: string,
  because: CancelClaims["because"],
): Promise<Prepared> {
  return prepare(asker, to, { ...envelope(asker, to), type: "cancel", request, because, confirm: true }, 0);
}

/** Makes a request to describe what the camera sees. */
export async function prepareAim(asker: Asker, to: Identity, seconds: number): Promise<Prepared> {
  return prepare(asker, to, { ...envelope(asker, to), type: "aim", seconds }, seconds * 1000);
}

/** Makes a receipt for reports of one camera that are archived, at most 100. It is signed, and holds nothing secret. */
export async function prepareReceipt(
  asker: Asker,
  device: string,
  reports: readonly { readonly seq: number; readonly digest: string }[],
): Promise<string> {
  if (reports.length < 1 || reports.length > LIMITS.receiptReports)
    throw new CarrierError("bad_input", `a receipt names 1 to ${LIMITS.receiptReports} reports, not ${reports.length}`);
  const named = reports.map(({ seq, digest: of }) => ({ seq, digest: of }));
  const claims: ReceiptClaims = { ...envelope(asker, { device }), reports: named };
  return sign(claims, TYPES.receipt, asker.key);
}

function envelope({ issuer: iss }: Asker, { device: aud }: Pick<Identity, "device">) {
  const iat = Math.floor(Date.now() / 1000);
  return { v: CONTRACT_VERSION, jti: randomUUID(), iss, aud, iat, exp: iat + LIFETIME_SECONDS } as const;
}

async function prepare(
  { key }: Asker,
  { sealing }: Identity,
  claims: RequestClaims,
  timeoutMs: number,
): Promise<Prepared> {
  const sealed = await encrypt(await sign(claims, TYPES.request, key), sealing);
  return { jti: claims.jti, sealed, digest: digest(sealed), timeoutMs };
}

function mediaTypeOf(photo: Uint8Array): VerifyClaims["reference"]["mediaType"] {
  if (!(photo instanceof Uint8Array))
    throw new CarrierError("bad_input", "the reference must be the bytes of a photo (a Uint8Array), not its path");
  if (photo.length > LIMITS.referenceBytes) {
    throw new CarrierError(
      "bad_input",
      `the reference has ${photo.length} bytes; at most ${LIMITS.referenceBytes} may be sent`,
    );
  }
  if (photo[0] === 0xff && photo[1] === 0xd8) return "image/jpeg";
  if (photo[0] === 0x89 && photo[1] === 0x50) return "image/png";
  throw new CarrierError("bad_input", "the reference is neither JPEG nor PNG");
}
