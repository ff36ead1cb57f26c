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
  /** A camera that enrols by itself does not know it: whoever approves it says so. */
  shop: z.string().min(1).max(200).optional(),
  signing: publicJwk,
  sealing: publicJwk,
  /** A PKCS#10 request for a TLS client certificate, PEM. */
  request: z.string().min(1).max(10_000),
});

export type EnrolmentClaims = Readonly<z.infer<typeof enrolmentSchema>>;

export { type EnrolmentCode, enrolmentCode, isCode } from "./enrolment-code.ts";

/** So large an enrolment may be. */
export const ENROLMENT_BYTES = 16_384;

/** Signs an enrolment with the very key that is to be registered: who sends it has that key. */
export function signEnrolment(claims: EnrolmentClaims, by: PrivateKey): Promise<string> {
  return sign(claims, TYPES.enrolment, by);
}

/** Reads an enrolment. Throws when it breaks the contract, or was not signed with the key that it names. */
export async function readEnrolment(token: string): Promise<EnrolmentClaims> {
  if (token.length > ENROLMENT_BYTES) throw new RangeError(`it has more than ${ENROLMENT_BYTES} bytes`);
  const { signing, sealing } = enrolmentSchema.parse(claimsUnverified(token));
  const claims = enrolmentSchema.parse(
    await verifySignature(token, TYPES.enrolment, (await readKeySet(signing as JWK)).pick(undefined)),
  );
  for (const jwk of [signing, sealing]) {
    if (jwk.kid !== (await thumbprint(jwk as JWK))) throw new Error("a key's id is not its thumbprint");
  }
  return claims;
}
