import { z } from "zod";
import {
  claimsUnverified,
  type JWK,
  type PrivateKey,
  readKeySet,
  sign,
  thumbprint,
  verifySignature,
} from "../encoding/tokens.ts";
import { CONTRACT_VERSION, FIELDS, publicJwk, TYPES } from "../messages/contract.ts";

/** What a camera gives its carrier to be registered: who it is, where it stands, and what it wants a certificate for. */
export const enrolmentSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iss: FIELDS.device,
  iat: FIELDS.seconds,
  shop: z.string().min(1).max(200),
  signing: publicJwk,
  sealing: publicJwk,
  /** A PKCS#10 request for a TLS client certificate, PEM. */
  request: z.string().min(1).max(10_000),
});

export type EnrolmentClaims = Readonly<z.infer<typeof enrolmentSchema>>;

/** Crockford's base 32: no letter that is taken for another, whether it is read or spoken. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_BITS = 50;

/**
 * The enrolment code of a camera, `XXXXX-XXXXX`: the first 50 bits of its signing key's RFC 7638 thumbprint. It says
 * nothing secret: two people compare it, so that nobody's key but this camera's is registered.
 */
export function enrolmentCode(kid: string): string {
  const bits = [...Buffer.from(kid, "base64url")].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const letters = (bits.slice(0, CODE_BITS).match(/.{5}/g) ?? []).map((five) => LETTERS[Number.parseInt(five, 2)]);
  return `${letters.slice(0, 5).join("")}-${letters.slice(5).join("")}`;
}

/** Whether somebody typed this code; case, spaces and the letters that look like digits do not matter. */
export function isCode(typed: string, code: string): boolean {
  const plain = (text: string) => text.toUpperCase().replace(/[\s-]/g, "").replace(/[IL]/g, "1").replaceAll("O", "0");
  return plain(typed) === plain(code);
}

/** Signs an enrolment with the very key that is to be registered: who sends it has that key. */
export function signEnrolment(claims: EnrolmentClaims, by: PrivateKey): Promise<string> {
  return sign(claims, TYPES.enrolment, by);
}

/** Reads an enrolment. Throws when it breaks the contract, or was not signed with the key that it names. */
export async function readEnrolment(token: string): Promise<EnrolmentClaims> {
  const { signing, sealing } = enrolmentSchema.parse(claimsUnverified(token));
  const claims = enrolmentSchema.parse(
    await verifySignature(token, TYPES.enrolment, (await readKeySet(signing as JWK)).pick(undefined)),
  );
  for (const jwk of [signing, sealing]) {
    if (jwk.kid !== (await thumbprint(jwk as JWK))) throw new Error("a key's id is not its thumbprint");
  }
  return claims;
}
