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

/** A camera's request to be registered: its name, its shop, its keys and its certificate request. */
export const enrolmentSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iss: FIELDS.device,
  iat: FIELDS.seconds,
  /** Missing if the camera enrols by itself. The operator who approves it names the shop. */
  shop: z.string().min(1).max(200).optional(),
  signing: publicJwk,
  sealing: publicJwk,
  /** A PKCS#10 request for a TLS client certificate, PEM. */
  request: z.string().min(1).max(10_000),
});

export type EnrolmentClaims = Readonly<z.infer<typeof enrolmentSchema>>;

export { type EnrolmentCode, enrolmentCode, isCode } from "./enrolment-code.ts";

/** The largest size of an enrolment. */
export const ENROLMENT_BYTES = 16_384;

/** Signs an enrolment with the key that is to be registered, as a proof that the sender has it. */
export function signEnrolment(claims: EnrolmentClaims, by: PrivateKey): Promise<string> {
  return sign(claims, TYPES.enrolment, by);
}

/** Reads an enrolment. Throws if it breaks the contract, or is not signed with the key in it. */
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
