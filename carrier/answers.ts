import { parseJson } from "../protocol/encoding/bounded-json.ts";
import {
  claimedType,
  claimsUnverified,
  type KeySet,
  readKeySet,
  readPublicKey,
  thumbprint,
  verifyWithKeySet,
} from "../protocol/encoding/tokens.ts";
import {
  type AnswerClaims,
  answerSchema,
  type ReportedClaims,
  reportedSchema,
} from "../protocol/messages/command-contract.ts";
import {
  type Aim,
  aimSchema,
  type CancelledClaims,
  cancelledSchema,
  type Identity,
  identitySchema,
  type Progress,
  progressSchema,
  proofSchema,
  type RefusalClaims,
  type ReportClaims,
  refusalSchema,
  reportSchema,
  type Status,
  statusSchema,
  TYPES,
} from "../protocol/messages/contract.ts";
import { type Health, healthSchema } from "../protocol/messages/metrics.ts";

/** The largest message of a device, by channel. `reply` is a topic of the carrier. */
export const MESSAGE_BYTES = {
  identity: 32_000,
  status: 8_000,
  health: 16_000,
  progress: 2_000,
  aim: 2_000,
  report: 16_000,
  reply: 16_000,
  answer: 90_000,
  reported: 90_000,
} as const;

export type Channel = keyof typeof MESSAGE_BYTES;
export type SignedChannel = "report" | "reply" | "answer" | "reported";

/** Whether a device sends messages on this channel. */
export function isChannel(name: string): name is Exclude<Channel, "reply"> {
  return name !== "reply" && Object.hasOwn(MESSAGE_BYTES, name);
}

/** The deepest nesting of JSON in an unsigned message. */
const DEPTH = 8;

/** A report whose signature was checked with the device's key; `token` is the evidence to keep. */
export interface VerifiedReport {
  readonly claims: ReportClaims;
  readonly token: string;
}

/** What a device answered, checked; `forged` when it was not signed by that device. */
export type Answer =
  | { readonly kind: "report"; readonly report: VerifiedReport }
  | { readonly kind: "refusal"; readonly refusal: RefusalClaims }
  | { readonly kind: "cancelled"; readonly cancelled: CancelledClaims }
  | { readonly kind: "forged"; readonly why: string };

/** Checks a token of the report topic against the identity of the device it should come from. */
export async function readAnswer(token: string, from: Identity): Promise<Answer> {
  if (token.length > MESSAGE_BYTES.report) return { kind: "forged", why: `it has ${token.length} characters` };
  try {
    const type = claimedType(token);
    const current = (typ: string) => readKeySet(from.signing).then((keys) => verifyWithKeySet(token, typ, keys));
    if (type === TYPES.refusal)
      return { kind: "refusal", refusal: ownClaims(from, refusalSchema.parse(await current(TYPES.refusal))) };
    if (type === TYPES.cancelled)
      return { kind: "cancelled", cancelled: ownClaims(from, cancelledSchema.parse(await current(TYPES.cancelled))) };
    const claims = reportSchema.parse(await verifyWithKeySet(token, TYPES.report, await keysOf(from)));
    return { kind: "report", report: { claims: ownClaims(from, claims), token } };
  } catch (error) {
    return { kind: "forged", why: error instanceof Error ? error.message : String(error) };
  }
}

/** All keys with which a device has signed reports, as the device knows them. */
export function keysOf({ signing, retired = [] }: Identity): Promise<KeySet> {
  return readKeySet({ keys: [signing, ...retired] });
}

/** Checks a camera's answer to a command. Throws when it is not signed by that camera, or breaks the contract. */
export async function readCommandAnswer(token: string, from: Identity): Promise<AnswerClaims> {
  return ownClaims(
    from,
    answerSchema.parse(await verifyWithKeySet(token, TYPES.answer, await readKeySet(from.signing))),
  );
}

/** Checks the configuration that a camera reports in the same way. */
export async function readReported(token: string, from: Identity): Promise<ReportedClaims> {
  const claims = await verifyWithKeySet(token, TYPES.reported, await readKeySet(from.signing));
  return ownClaims(from, reportedSchema.parse(claims));
}

function ownClaims<T extends { readonly iss: string }>({ device }: Identity, claims: T): T {
  if (claims.iss !== device) throw new Error(`the report names ${claims.iss} as its device`);
  return claims;
}

/**
 * Reads a retained identity. Undefined if it is not an identity, belongs to another device, has wrong key ids or a wrong
 * proof. A broker can send any keys with the right names. Only the device can make a proof.
 */
export async function readIdentity(payload: Uint8Array | string, device: string): Promise<Identity | undefined> {
  const identity = claimedIdentity(payload, device);
  if (!identity) return undefined;
  const isWhole = (await hasItsKeys(identity)) && (await isProven(identity));
  return isWhole ? identity : undefined;
}

/** Reads an identity without a check of keys and proof, to compare it with one that was checked before. */
export function claimedIdentity(payload: Uint8Array | string, device: string): Identity | undefined {
  const read = identitySchema.safeParse(parse(payload, MESSAGE_BYTES.identity));
  return read.success && read.data.device === device ? read.data : undefined;
}

/** Keys are imported first, because the thumbprint of something that is not a key proves nothing. */
async function hasItsKeys(identity: Identity): Promise<boolean> {
  const { signing, sealing, retired = [] } = identity;
  try {
    await Promise.all([keysOf(identity), readPublicKey(sealing, "sealing")]);
    const kids = await Promise.all([signing, sealing, ...retired].map(thumbprint));
    return [signing, sealing, ...retired].every(({ kid }, i) => kid === kids[i]);
  } catch {
    return false;
  }
}

async function isProven({ device, signing, sealing, retired = [], proof }: Identity): Promise<boolean> {
  if (proof === undefined) return true;
  try {
    const claims = proofSchema.parse(await verifyWithKeySet(proof, TYPES.identity, await readKeySet(signing)));
    const same = claims.retired.length === retired.length && retired.every(({ kid }, i) => kid === claims.retired[i]);
    return claims.iss === device && claims.sealing === sealing.kid && same;
  } catch {
    return false;
  }
}

export function readProgress(payload: Uint8Array | string): Progress | undefined {
  return progressSchema.safeParse(parse(payload, MESSAGE_BYTES.progress)).data;
}

export function readAim(payload: Uint8Array | string): Aim | undefined {
  return aimSchema.safeParse(parse(payload, MESSAGE_BYTES.aim)).data;
}

export function readStatus(payload: Uint8Array | string): Status | undefined {
  return statusSchema.safeParse(parse(payload, MESSAGE_BYTES.status)).data;
}

export function readHealth(payload: Uint8Array | string): Health | undefined {
  return healthSchema.safeParse(parse(payload, MESSAGE_BYTES.health)).data;
}

/** The issuer that a token names, before its signature is checked. Empty if it names none. */
export function issuerOf(token: Uint8Array): string {
  try {
    const { iss } = claimsUnverified(Buffer.from(token).toString("latin1")) as { readonly iss?: unknown };
    return typeof iss === "string" ? iss : "";
  } catch {
    return "";
  }
}

function parse(json: Uint8Array | string, bytes: number): unknown {
  try {
    return parseJson(json, { bytes, depth: DEPTH });
  } catch {
    return undefined;
  }
}
