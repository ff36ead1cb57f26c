import { randomUUID } from "node:crypto";
import { encrypt, type JWK, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { TYPES, type VerifyClaims } from "../../protocol/messages/contract.ts";
import { TEST_DEVICE } from "./stage.ts";

/** The claims of a request that is right in everything, but for `change`. */
export function claimsOf(reference: Uint8Array, change: Record<string, unknown> = {}): Record<string, unknown> {
  const iat = Math.floor(Date.now() / 1000);
  const claims: VerifyClaims = {
    v: 1,
    type: "verify",
    jti: randomUUID(),
    iss: "carrier",
    aud: TEST_DEVICE,
    iat,
    exp: iat + 60,
    purpose: "test",
    consent: { id: "consent-1", at: iat, notice: "notice-1" },
    reference: { mediaType: "image/jpeg", data: Buffer.from(reference).toString("base64") },
    policy: { timeoutMs: 10_000 },
  };
  return { ...claims, ...change };
}

/** Signs and seals claims, by default as the carrier should. */
export async function sealed(claims: object, by: JWK, to: JWK, typ: string = TYPES.request): Promise<string> {
  return encrypt(await sign(claims, typ, await readPrivateKey(by, "signing")), to);
}
