import {
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type JsonWebKey,
  KeyObject,
  randomBytes,
  sign as signBytes,
  verify,
} from "node:crypto";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import { BASE64URL, decodeBase64, encodeBase64, encodedLength, TO_BASE64, TO_BASE64URL } from "./base64.ts";
import { parseJson } from "./bounded-json.ts";

export type { JWK } from "jose";

/** A public key that verifies signatures or encrypts. */
export type PublicKey = CryptoKey;

/** Signatures are Ed25519; seals are ECDH-ES on P-256 with AES-256-GCM. Nothing else is ever accepted. */
const SIGNATURE = "EdDSA";
const AGREEMENT = "ECDH-ES";
const CIPHER = "A256GCM";

export type KeyUse = "signing" | "sealing";

/** A private key that signs or decrypts. It leaves its process only to its own key file. */
export interface PrivateKey {
  readonly key: CryptoKey;
  /** The public half, with its RFC 7638 thumbprint as `kid`. */
  readonly public: JWK;
}

/** Makes a new private key as a JWK. Only its owner may read where it is stored. */
export async function generatePrivateJwk(use: KeyUse): Promise<JWK> {
  const pair =
    use === "signing"
      ? await generateKeyPair(SIGNATURE, { crv: "Ed25519", extractable: true })
      : await generateKeyPair(AGREEMENT, { crv: "P-256", extractable: true });
  return withThumbprint(await exportJWK(pair.privateKey));
}

/** Reads a private JWK. Throws if it is not a key for this use. */
export async function readPrivateKey(jwk: JWK, use: KeyUse): Promise<PrivateKey> {
  requireCurve(jwk, use);
  if (typeof jwk.d !== "string") throw new TypeError("the key has no private part");
  const { d: _, ...decrypt } = jwk;
  return { key: await importKey(jwk, use), public: await withThumbprint(decrypt) };
}

/** Reads a public JWK. A private one is refused, because it must stay with its owner. */
export async function readPublicKey(jwk: JWK, use: KeyUse): Promise<CryptoKey> {
  requireCurve(jwk, use);
  if ("d" in jwk) throw new TypeError("this is a private key: give the public one, and keep the private one secret");
  return importKey(jwk, use);
}

/** The signing keys of one party. There are two while they are changed. */
export interface KeySet {
  readonly kids: readonly string[];
  /** The key that a token names. If it names no known key, the only key; throws if there are several. */
  pick(kid: string | undefined): PublicKey;
}

/** The signing keys of a camera: the one in use, and the 32 retired ones that its identity may have. */
const MOST_KEYS = 33;

/** Reads a JWK, or a JWK Set (RFC 7517) of up to 33. A key goes by its `kid` and by its thumbprint. Throws TypeError. */
export async function readKeySet(jwks: JWK | { readonly keys?: unknown }): Promise<KeySet> {
  const list = ("keys" in jwks ? jwks.keys : [jwks]) as readonly JWK[];
  if (!Array.isArray(list) || list.length < 1 || list.length > MOST_KEYS)
    throw new TypeError(`a key set has 1 to ${MOST_KEYS} keys`);
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

/** Signs claims as a compact JWS with this `typ`. */
export async function sign(claims: object, typ: string, by: PrivateKey): Promise<string> {
  const header = { alg: SIGNATURE, typ, kid: by.public.kid ?? "" };
  const signed = `${encoded(JSON.stringify(header))}.${encoded(JSON.stringify(claims))}`;
  return `${signed}.${encoded(signBytes(null, Buffer.from(signed), KeyObject.from(by.key)))}`;
}

/**
 * Signs claims with a long base64 member, from bytes to bytes. \`data\` replaces the empty string of \`"data":""\` in the
 * claims. It never becomes a string, so the caller can overwrite the token.
 */
export function signWithData(claims: object, data: Uint8Array, typ: string, by: PrivateKey): Buffer {
  const header = encoded(JSON.stringify({ alg: SIGNATURE, typ, kid: by.public.kid ?? "" }));
  const { before, after } = aroundData(claims);
  const payloadLength = before.length + encodedLength(data.length, TO_BASE64) + after.length;
  const signedLength = header.length + 1 + encodedLength(payloadLength, TO_BASE64URL);
  const token = Buffer.allocUnsafeSlow(signedLength + 1 + SIGNATURE_DIGITS);
  const at = token.write(`${header}.`, "latin1");
  // The payload is at the end of the memory for its encoded form. Each byte is read before it is overwritten.
  const payload = token.subarray(signedLength - payloadLength, signedLength);
  payload.set(before);
  payload.set(after, encodeBase64(data, TO_BASE64, payload, before.length));
  encodeBase64(payload, TO_BASE64URL, token, at);
  const signature = signBytes(null, token.subarray(0, signedLength), KeyObject.from(by.key));
  token.write(`.${encoded(signature)}`, signedLength, "latin1");
  return token;
}

/** An Ed25519 signature has 64 bytes. */
const SIGNATURE_DIGITS = 86;
/** Where the data goes. A text cannot look like it: its quotation marks have backslashes before them. */
const NO_DATA = '"data":"';

function aroundData(claims: object): { readonly before: Uint8Array; readonly after: Uint8Array } {
  const json = JSON.stringify(claims);
  const cut = json.indexOf(`${NO_DATA}"`) + NO_DATA.length;
  if (cut < NO_DATA.length) throw new TypeError("the claims have no empty data");
  return { before: Buffer.from(json.slice(0, cut)), after: Buffer.from(json.slice(cut)) };
}

/** Base64url by Buffer: jose's own takes most of the time of a request with a photo on Node 20. */
function encoded(data: string | Buffer): string {
  return (typeof data === "string" ? Buffer.from(data) : data).toString("base64url");
}

/** A header names algorithms and a key. This is more than it needs, and harmless for a parser. */
const HEADER = { bytes: 1_024, depth: 4 } as const;
/** The same in base64url. */
export const HEADER_DIGITS = Math.ceil((HEADER.bytes * 4) / 3);
/** Of all messages of the contract but the request, whose photo is cut out before. */
const CLAIMS = { bytes: 65_536, depth: 16 } as const;

const DOT = 0x2e;

/** Checks a compact JWS and gives its claims, not yet validated. Throws if the signature, algorithm or `typ` is wrong. */
export async function verifySignature(token: string, typ: string, key: PublicKey): Promise<unknown> {
  return parseJson(
    verifiedPayload(Buffer.from(token), typ, () => key),
    CLAIMS,
  );
}

/** The same with the key that the token names. */
export async function verifyWithKeySet(token: string, typ: string, keys: KeySet): Promise<unknown> {
  return parseJson(verifiedPayload(Buffer.from(token), typ, keys.pick), CLAIMS);
}

/**
 * Checks a compact JWS and gives the signed bytes. Only its header becomes a string, so the caller can overwrite token and
 * payload. Throws if the signature, algorithm or `typ` is wrong.
 */
export function verifiedPayload(
  token: Uint8Array,
  typ: string,
  keyOf: (kid: string | undefined) => PublicKey,
): Uint8Array {
  const [first, last] = [token.indexOf(DOT), token.lastIndexOf(DOT)];
  if (first < 1 || token.indexOf(DOT, first + 1) !== last || first === last)
    throw new TypeError("it is no compact JWS");
  const { alg, kid, ...header } = readHeader(token.subarray(0, first));
  if (alg !== SIGNATURE) throw new TypeError(`signatures are ${SIGNATURE}, not ${alg}`);
  if (kid !== undefined && typeof kid !== "string") throw new TypeError("its key's id is no text");
  const signature = decodeBase64(token.subarray(last + 1), BASE64URL);
  if (!verify(null, token.subarray(0, last), KeyObject.from(keyOf(kid)), signature)) {
    throw new TypeError("the signature does not fit");
  }
  if (header["typ"] !== typ) throw new TypeError(`a token of type ${header["typ"]}, not ${typ}`);
  return decodeBase64(token.subarray(first + 1, last), BASE64URL);
}

/** The claims of a token before its signature is checked, to find the key. Throws if it is not a token. */
export function claimsUnverified(token: string): unknown {
  return parseJson(decodeBase64(Buffer.from(token.split(".", 2)[1] ?? ""), BASE64URL), CLAIMS);
}

/** The `typ` of a token before its signature is checked; undefined if it is not a token. */
export function claimedType(token: string): unknown {
  try {
    return readHeader(Buffer.from(token.slice(0, HEADER_DIGITS + 1).split(".")[0] ?? ""))["typ"];
  } catch {
    return undefined;
  }
}

/** Reads a protected header. Its size is checked before it is parsed. Extensions and compression are refused. */
function readHeader(segment: Uint8Array): Readonly<Record<string, unknown>> {
  if (segment.length > HEADER_DIGITS) throw new RangeError(`its header has more than ${HEADER.bytes} bytes`);
  const header = parseJson(decodeBase64(segment, BASE64URL), HEADER);
  if (typeof header !== "object" || header === null) throw new TypeError("its header is no object");
  for (const name of ["crit", "zip", "b64"]) {
    if (name in header) throw new TypeError(`"${name}" in its header is not of this contract`);
  }
  return header as Readonly<Record<string, unknown>>;
}

/** Encrypts a token so that only the holder of the private key can read it: a compact JWE. */
export async function encrypt(token: string, to: JWK): Promise<string> {
  return encryptBytes(Buffer.from(token), to).toString("latin1");
}

/** The same from bytes to bytes. Throws TypeError when the key cannot be used. */
export function encryptBytes(token: Uint8Array, to: JWK): Buffer {
  const ephemeral = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { kty, crv, x, y } = ephemeral.publicKey.export({ format: "jwk" });
  const epk = { kty, crv, x, y };
  const header = encoded(JSON.stringify({ alg: AGREEMENT, enc: CIPHER, kid: to.kid ?? "", cty: "JWT", epk }));
  const key = contentKey(diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipientOf(to) }));
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(header));
  const text = cipher.update(token);
  cipher.final();
  const before = `${header}..${encoded(iv)}.`;
  const after = `.${encoded(cipher.getAuthTag())}`;
  const jwe = Buffer.allocUnsafeSlow(before.length + encodedLength(text.length, TO_BASE64URL) + after.length);
  jwe.write(before, "latin1");
  jwe.write(after, encodeBase64(text, TO_BASE64URL, jwe, before.length), "latin1");
  return jwe;
}

function recipientOf(to: JWK): KeyObject {
  requireCurve(to, "sealing");
  if ("d" in to) throw new TypeError("this is a private key: give the public one, and keep the private one secret");
  const { kty, crv, x, y } = to;
  return createPublicKey({ key: { kty, crv, x, y } as JsonWebKey, format: "jwk" });
}

/** The Concat KDF of RFC 7518, 4.6.2, for a key of 256 bits and two parties without names: one round of SHA-256. */
function contentKey(secret: Buffer): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const otherInfo = [number(CIPHER.length), Buffer.from(CIPHER), number(0), number(0), number(256)];
  return createHash("sha256")
    .update(Buffer.concat([number(1), secret, ...otherInfo]))
    .digest();
}

/** Decrypts a compact JWE to bytes that the caller overwrites. Throws if it is damaged or for another key. */
export async function decrypt(jwe: string, by: PrivateKey): Promise<Uint8Array> {
  readHeader(Buffer.from(jwe.slice(0, Math.min(jwe.indexOf("."), HEADER_DIGITS + 1)), "latin1"));
  const { plaintext } = await compactDecrypt(jwe, by.key, {
    keyManagementAlgorithms: [AGREEMENT],
    contentEncryptionAlgorithms: [CIPHER],
  });
  return plaintext;
}

/** Base64url SHA-256 of a token. It identifies a message in answers, and links the report chain. */
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
