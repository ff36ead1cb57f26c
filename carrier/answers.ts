import {
  type Identity,
  identitySchema,
  type Progress,
  progressSchema,
  type RefusalClaims,
  type ReportClaims,
  refusalSchema,
  reportSchema,
  type Status,
  statusSchema,
  TYPES,
} from "../device/link/contract.ts";
import { readPublicKey, thumbprint, verify } from "../device/link/seal.ts";

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
    const key = await readPublicKey(from.signing, "signing");
    if (typeOf(token) === TYPES.refusal) {
      return { kind: "refusal", refusal: refusalSchema.parse(await verify(token, TYPES.refusal, key)) };
    }
    const claims = reportSchema.parse(await verify(token, TYPES.report, key));
    if (claims.iss !== from.device) return { kind: "forged", why: `it names ${claims.iss} as its device` };
    return { kind: "report", report: { claims, token } };
  } catch (error) {
    return { kind: "forged", why: error instanceof Error ? error.message : String(error) };
  }
}

/** Reads a retained identity; undefined when it is none, is another device's, or its key ids are not its keys'. */
export async function readIdentity(payload: string, device: string): Promise<Identity | undefined> {
  const read = identitySchema.safeParse(parse(payload));
  if (!read.success || read.data.device !== device) return undefined;
  const { signing, sealing } = read.data;
  const honest = (await thumbprint(signing)) === signing.kid && (await thumbprint(sealing)) === sealing.kid;
  return honest ? read.data : undefined;
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
