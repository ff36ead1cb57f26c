import {
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
} from "../protocol/contract.ts";
import { type KeySet, readKeySet, thumbprint, verifyWithKeySet } from "../protocol/tokens.ts";

/** A report whose signature was checked with the device's key; `token` is the evidence to keep. */
export interface VerifiedReport {
  readonly claims: ReportClaims;
  readonly token: string;
}

/** What a device answered, checked; `forged` when it was not signed by that device. */
export type Answer =
  | { readonly kind: "report"; readonly report: VerifiedReport }
  | { readonly kind: "refusal"; readonly refusal: RefusalClaims }
  | { readonly kind: "forged"; readonly why: string };

/** Checks a token of the report topic against the identity of the device it should come from. */
export async function readAnswer(token: string, from: Identity): Promise<Answer> {
  try {
    if (typeOf(token) === TYPES.refusal) {
      const refusal = refusalSchema.parse(await verifyWithKeySet(token, TYPES.refusal, await readKeySet(from.signing)));
      if (refusal.iss !== from.device) return { kind: "forged", why: `it names ${refusal.iss} as its device` };
      return { kind: "refusal", refusal };
    }
    const claims = reportSchema.parse(await verifyWithKeySet(token, TYPES.report, await keysOf(from)));
    if (claims.iss !== from.device) return { kind: "forged", why: `it names ${claims.iss} as its device` };
    return { kind: "report", report: { claims, token } };
  } catch (error) {
    return { kind: "forged", why: error instanceof Error ? error.message : String(error) };
  }
}

/** All keys that a device has ever signed its reports with, as far as it knows. */
export function keysOf({ signing, retired = [] }: Identity): Promise<KeySet> {
  return readKeySet({ keys: [signing, ...retired] });
}

/**
 * Reads a retained identity; undefined when it is none, is another device's, its key ids are not its keys', or its proof
 * does not hold. A broker could give any keys with the right names; with a proof, only the device can.
 */
export async function readIdentity(payload: string, device: string): Promise<Identity | undefined> {
  const read = identitySchema.safeParse(parse(payload));
  if (!read.success || read.data.device !== device) return undefined;
  const { signing, sealing, retired = [], proof } = read.data;
  const prints = await Promise.all(
    [signing, sealing, ...retired].map(async (jwk) => jwk.kid === (await thumbprint(jwk))),
  );
  if (!prints.every(Boolean)) return undefined;
  return proof === undefined || (await isProven(read.data, proof)) ? read.data : undefined;
}

async function isProven({ device, signing, sealing, retired = [] }: Identity, proof: string): Promise<boolean> {
  try {
    const claims = proofSchema.parse(await verifyWithKeySet(proof, TYPES.identity, await readKeySet(signing)));
    const same = claims.retired.length === retired.length && retired.every(({ kid }, i) => kid === claims.retired[i]);
    return claims.iss === device && claims.sealing === sealing.kid && same;
  } catch {
    return false;
  }
}

export function readProgress(payload: string): Progress | undefined {
  return progressSchema.safeParse(parse(payload)).data;
}

export function readStatus(payload: string): Status | undefined {
  return statusSchema.safeParse(parse(payload)).data;
}

/** Which kind of token it claims to be; what it is, its signature says. */
function typeOf(token: string): unknown {
  const header = parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString("utf8"));
  return (header as { typ?: unknown } | undefined)?.typ;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
