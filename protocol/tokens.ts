import { createHash } from "node:crypto";
import {
  CompactEncrypt,
  CompactSign,
  type CryptoKey,
  calculateJwkThumbprint,
  compactDecrypt,
  compactVerify,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";

export type { JWK } from "jose";

/** A public key that can check signatures or seal. */
export type PublicKey = CryptoKey;

/** Signatures are Ed25519; seals are ECDH-ES on P-256 with AES-256-GCM. Nothing else is ever accepted. */
const SIGNATURE = "EdDSA";
const AGREEMENT = "ECDH-ES";
const CIPHER = "A256GCM";

export type KeyUse = "signing" | "sealing";

/** A key that can sign or open. It never leaves the process that holds it except to its own key file. */
export interface PrivateKey {
  readonly key: CryptoKey;
  /** The public half, with its RFC 7638 thumbprint as `kid`. */
  readonly public: JWK;
}

/** Makes a fresh private key as a JWK, to be stored where only its owner reads it. */
export async function generatePrivateJwk(use: KeyUse): Promise<JWK> {
  const pair =
    use === "signing"
      ? await generateKeyPair(SIGNATURE, { crv: "Ed25519", extractable: true })
      : await generateKeyPair(AGREEMENT, { crv: "P-256", extractable: true });
  return withThumbprint(await exportJWK(pair.privateKey));
}

/** Reads a private JWK. Throws when it is not one for this use. */
export async function readPrivateKey(jwk: JWK, use: KeyUse): Promise<PrivateKey> {
  requireCurve(jwk, use);
  if (typeof jwk.d !== "string") throw new TypeError("the key has no private part");
  const { d: _, ...decrypt } = jwk;
  return { key: await importKey(jwk, use), public: await withThumbprint(decrypt) };
}

/** Reads a public JWK; a private one is refused, for it should not have come here. */
export async function readPublicKey(jwk: JWK, use: KeyUse): Promise<CryptoKey> {
  requireCurve(jwk, use);
  if ("d" in jwk) throw new TypeError("this is a private key: give the public one, and keep the private one secret");
  return importKey(jwk, use);
}

/** The keys that one party may sign with; while they are changed there are two. */
export interface KeySet {
  readonly kids: readonly string[];
  /** The key that a token names; where it names none that is known, the only one there is. Throws when there are more. */
  pick(kid: string | undefined): PublicKey;
}

/** Reads a JWK, or a JWK Set (RFC 7517) of up to 16. A key goes by its `kid` and by its thumbprint. Throws TypeError. */
export async function readKeySet(jwks: JWK | { readonly keys?: unknown }): Promise<KeySet> {
  const list = ("keys" in jwks ? jwks.keys : [jwks]) as readonly JWK[];
  if (!Array.isArray(list) || list.length < 1 || list.length > 16) throw new TypeError("a key set has 1 to 16 keys");
  const byName = new Map<string, PublicKey>();
  const kids: string[] = [];
  for (const jwk of list) {
    const [key, print] = [await readPublicKey(jwk, "signing"), await calculateJwkThumbprint(jwk)];
    for (const name of [jwk.kid ?? print, print]) byName.set(name, key);
    kids.push(jwk.kid ?? print);
  }
  const [only] = kids.length === 1 ? byName.values() : [];
  return {
    kids,
    pick(kid) {
      const key = (kid === undefined ? undefined : byName.get(kid)) ?? only;
      if (key) return key;
      throw new TypeError(`it names the key ${kid?.slice(0, 64) ?? "of nobody"}; known are ${kids.join(", ")}`);
    },
  };
}

/** The RFC 7638 thumbprint of a key, base64url SHA-256. */
export function thumbprint(jwk: JWK): Promise<string> {
  return calculateJwkThumbprint(jwk);
}

/** Signs claims as a compact JWS whose `typ` says what they are. */
export async function sign(claims: object, typ: string, by: PrivateKey): Promise<string> {
  const header = { alg: SIGNATURE, typ, kid: by.public.kid ?? "" };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims))).setProtectedHeader(header).sign(by.key);
}

/** Checks a compact JWS and gives its claims, unread. Throws when the signature, algorithm or `typ` is not right. */
export async function verifySignature(token: string, typ: string, key: CryptoKey): Promise<unknown> {
  const { payload, protectedHeader } = await compactVerify(token, key, { algorithms: [SIGNATURE] });
  try {
    if (protectedHeader.typ !== typ) throw new TypeError(`a token of type ${protectedHeader.typ}, not ${typ}`);
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } finally {
    payload.fill(0);
  }
}

/** The same with the key that the token names. */
export async function verifyWithKeySet(token: string, typ: string, keys: KeySet): Promise<unknown> {
  return verifySignature(token, typ, keys.pick(decodeProtectedHeader(token).kid));
}

/** Seals a token so that only the holder of the private key can read it: a compact JWE. */
export async function encrypt(token: string, to: JWK): Promise<string> {
  const header = { alg: AGREEMENT, enc: CIPHER, kid: to.kid ?? "", cty: "JWT" };
  const key = await readPublicKey(to, "sealing");
  return new CompactEncrypt(new TextEncoder().encode(token)).setProtectedHeader(header).encrypt(key);
}

/** Opens a compact JWE. Throws when it is damaged or sealed for somebody else. */
export async function decrypt(sealed: string, by: PrivateKey): Promise<string> {
  const { plaintext } = await compactDecrypt(sealed, by.key, {
    keyManagementAlgorithms: [AGREEMENT],
    contentEncryptionAlgorithms: [CIPHER],
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(plaintext);
  } finally {
    plaintext.fill(0);
  }
}

/** Base64url SHA-256 of a token: its name where it cannot or must not be shown, and the links of the report chain. */
export function digest(token: string | Uint8Array): string {
  return createHash("sha256").update(token).digest("base64url");
}

async function withThumbprint(jwk: JWK): Promise<JWK> {
  return { ...jwk, kid: await calculateJwkThumbprint(jwk) };
}

async function importKey(jwk: JWK, use: KeyUse): Promise<CryptoKey> {
  const key = await importJWK(jwk, use === "signing" ? SIGNATURE : AGREEMENT);
  if (key instanceof Uint8Array) throw new TypeError("a symmetric key cannot be used here");
  return key;
}

function requireCurve({ crv }: JWK, use: KeyUse): void {
  const wanted = use === "signing" ? "Ed25519" : "P-256";
  if (crv !== wanted) throw new TypeError(`a ${use} key is on ${wanted}, not ${crv ?? "an unnamed curve"}`);
}
