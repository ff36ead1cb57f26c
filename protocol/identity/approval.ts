import { z } from "zod";
import {
  decrypt,
  digest,
  encrypt,
  type JWK,
  type KeySet,
  type PrivateKey,
  sign,
  verifyWithKeySet,
} from "../encoding/tokens.ts";
import { CONTRACT_VERSION, FIELDS, isTopicTemplate, LIMITS, publicJwk, TYPES } from "../messages/contract.ts";
import { refusal } from "../readers/refusal.ts";

/** The largest size and the longest validity of an approval. */
export const APPROVAL_LIMITS = { bytes: 65_536, lifetimeSeconds: 3_600 } as const;

const pem = z.string().min(1).max(20_000);
const url = z
  .string()
  .max(1_000)
  .regex(/^mqtts?:\/\/[^\s]+$/);
/** A key, or several while they are changed. */
const keys = z.union([publicJwk, z.object({ keys: z.array(publicJwk).min(1).max(16) })]);

const envelope = {
  v: z.literal(CONTRACT_VERSION),
  iss: z.string().min(1).max(200),
  aud: FIELDS.device,
  iat: FIELDS.seconds,
  exp: FIELDS.seconds,
  /** The digest of the enrolment. No other camera and no other attempt can use the approval. */
  enrolment: FIELDS.digest,
  /** The certificate of the camera's TLS key, PEM. */
  certificate: pem,
};

/** The answer to an enrolment: everything that the camera needs to serve, or only a new certificate. */
export const approvalSchema = z.discriminatedUnion("type", [
  z.object({
    ...envelope,
    type: z.literal("provision"),
    shop: z.string().min(1).max(200),
    broker: z.object({ url, ca: pem.optional(), topics: z.string().max(200).refine(isTopicTemplate).optional() }),
    carrier: keys,
    operator: keys,
    publisher: keys.optional(),
  }),
  z.object({ ...envelope, type: z.literal("renew") }),
]);

export type ApprovalClaims = Readonly<z.infer<typeof approvalSchema>>;
export type ProvisionClaims = Extract<ApprovalClaims, { type: "provision" }>;

/** Why a camera refuses an approval. It changes nothing and waits for another one. */
export const APPROVAL_REFUSALS = {
  too_large: "the message is larger than an approval may be",
  cannot_open: "the message is encrypted to another camera's key, or damaged",
  bad_signature: "it is not signed by the operator whom this camera trusts",
  invalid_claims: "the claims break the contract",
  wrong_audience: "it is addressed to another camera",
  other_enrolment: "it answers another enrolment than the one that waits",
  expired: "it has expired, or asks to live longer than an hour",
  from_future: "it was made in the future; compare the clocks",
  wrong_certificate: "the certificate is not for this camera's name and key, or does not hold now",
  wrong_settings: "a setting that it brings is wrong",
  storage_failed: "the data folder cannot be written",
} as const;

export type ApprovalRefusalCode = keyof typeof APPROVAL_REFUSALS;

export class ApprovalRefusal extends refusal<ApprovalRefusalCode>("ApprovalRefusal", APPROVAL_REFUSALS) {}

/** Signs an approval as the operator and encrypts it to the camera that enrolled. */
export async function makeApproval(claims: ApprovalClaims, by: PrivateKey, to: JWK): Promise<string> {
  return encrypt(await sign(claims, TYPES.approval, by), to);
}

/** The camera that waits for an approval, its enrolment, and the operator whom it trusts. */
export interface ApprovalReader {
  readonly device: string;
  readonly sealing: PrivateKey;
  readonly operator: KeySet;
  /** The enrolment's token. */
  readonly enrolment: string;
  readonly wallMs: () => number;
}

/** Reads an approval: size, encryption, signature, claims, addressee, enrolment, time, in this order. Throws ApprovalRefusal. */
export async function readApproval(message: Uint8Array, reader: ApprovalReader): Promise<ApprovalClaims> {
  if (message.length > APPROVAL_LIMITS.bytes) throw new ApprovalRefusal("too_large", `${message.length} bytes`);
  const token = await decrypt(Buffer.from(message).toString("latin1"), reader.sealing).catch(refuseAs("cannot_open"));
  const signed = Buffer.from(token).toString("latin1");
  token.fill(0);
  const claims = await verifyWithKeySet(signed, TYPES.approval, reader.operator).catch(refuseAs("bad_signature"));
  const read = approvalSchema.safeParse(claims);
  if (!read.success) {
    const [first] = read.error.issues;
    throw new ApprovalRefusal("invalid_claims", `${first?.path.map(String).join(".") || "claims"}: ${first?.message}`);
  }
  requireMeant(read.data, reader);
  return read.data;
}

function requireMeant({ aud, enrolment, iat, exp }: ApprovalClaims, reader: ApprovalReader): void {
  if (aud !== reader.device) throw new ApprovalRefusal("wrong_audience", `"${aud}"`);
  if (enrolment !== digest(reader.enrolment)) throw new ApprovalRefusal("other_enrolment");
  const now = reader.wallMs() / 1_000;
  if (iat > now + LIMITS.clockSkewSeconds) throw new ApprovalRefusal("from_future");
  if (exp <= now - LIMITS.clockSkewSeconds) throw new ApprovalRefusal("expired");
  if (exp - iat > APPROVAL_LIMITS.lifetimeSeconds || exp <= iat)
    throw new ApprovalRefusal("expired", `a life of ${exp - iat} s`);
}

function refuseAs(code: ApprovalRefusalCode): (error: unknown) => never {
  return (error) => {
    throw new ApprovalRefusal(code, error instanceof Error ? error.message : String(error));
  };
}
