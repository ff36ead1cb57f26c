import type { VerifiedReport } from "../../carrier/client.ts";
import { claimedType, verifyWithKeySet } from "../../protocol/encoding/tokens.ts";
import {
  type RefusalClaims,
  type ReportClaims,
  refusalSchema,
  reportSchema,
  TYPES,
} from "../../protocol/messages/contract.ts";
import type { KnownCamera } from "../register/known-keys.ts";

/** A checked message of a report topic. `unproven`: no known key has signed it. */
export type Read =
  | { readonly kind: "report"; readonly report: VerifiedReport }
  | { readonly kind: "refusal"; readonly refusal: RefusalClaims }
  /** The answer to a cancel. The gateway does not wait for it. */
  | { readonly kind: "cancelled" }
  | { readonly kind: "unproven"; readonly why: string };

/** Checks a token with the keys of the camera that owns the topic. */
export async function readToken(token: string, device: string, known: KnownCamera | undefined): Promise<Read> {
  const type = claimedType(token);
  if (type === TYPES.cancelled) return { kind: "cancelled" };
  if (!known) return { kind: "unproven", why: "the camera's identity is not known" };
  try {
    const claims = await readClaims(token, type, known);
    if (claims.iss !== device) return { kind: "unproven", why: `it names ${claims.iss} as its device` };
    if ("code" in claims) return { kind: "refusal", refusal: claims };
    return { kind: "report", report: { claims, token } };
  } catch (error) {
    return { kind: "unproven", why: error instanceof Error ? error.message : String(error) };
  }
}

async function readClaims(token: string, type: unknown, { keys }: KnownCamera): Promise<ReportClaims | RefusalClaims> {
  if (type === TYPES.refusal) return refusalSchema.parse(await verifyWithKeySet(token, TYPES.refusal, keys));
  return reportSchema.parse(await verifyWithKeySet(token, TYPES.report, keys));
}
