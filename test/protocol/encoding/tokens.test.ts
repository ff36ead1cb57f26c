import { CompactEncrypt, CompactSign, generateKeyPair, UnsecuredJWT } from "jose";
import t from "tap";
import {
  decrypt,
  encrypt,
  generatePrivateJwk,
  readKeySet,
  readPrivateKey,
  readPublicKey,
  sign,
  thumbprint,
  verifiedPayload,
  verifySignature,
} from "../../../protocol/encoding/tokens.ts";

const signer = await readPrivateKey(await generatePrivateJwk("signing"), "signing");
const reader = await readPrivateKey(await generatePrivateJwk("sealing"), "sealing");
const key = await readPublicKey(signer.public, "signing");

t.test("signed and verified, sealed and opened", async (t) => {
  const token = await sign({ a: 1 }, "x+jwt", signer);
  t.same(await verifySignature(token, "x+jwt", key), { a: 1 });
  t.equal(Buffer.from(await decrypt(await encrypt(token, reader.public), reader)).toString(), token);
  t.equal(signer.public.kid, await thumbprint(signer.public), "the kid is the RFC 7638 thumbprint");
});

t.test("the thumbprint is that of RFC 8037, appendix A.3", async (t) => {
  const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
  t.equal(await thumbprint(jwk), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
});

t.test("forgeries are not verified", async (t) => {
  const other = await readPrivateKey(await generatePrivateJwk("signing"), "signing");
  const token = await sign({ a: 1 }, "x+jwt", signer);
  const [header, payload, signature] = token.split(".");
  const changed = Buffer.from('{"a":2}').toString("base64url");
  await t.rejects(verifySignature(await sign({ a: 1 }, "x+jwt", other), "x+jwt", key), "another key");
  await t.rejects(verifySignature(`${header}.${changed}.${signature}`, "x+jwt", key), "a changed payload");
  await t.rejects(verifySignature(token, "y+jwt", key), "a token of another kind");
  await t.rejects(verifySignature(new UnsecuredJWT({ a: 1 }).encode(), "x+jwt", key), "no signature");
  await t.rejects(verifySignature(`${header}.${payload}.`, "x+jwt", key), "an empty signature");
  const secret = new TextEncoder().encode(signer.public.x);
  const confused = await new CompactSign(new TextEncoder().encode("{}"))
    .setProtectedHeader({ alg: "HS256", typ: "x+jwt" })
    .sign(new Uint8Array(32).fill(secret[0] ?? 0));
  await t.rejects(verifySignature(confused, "x+jwt", key), "a symmetric signature with the public key");
});

t.test("only the algorithms of the contract open a seal", async (t) => {
  const { publicKey } = await generateKeyPair("RSA-OAEP-256");
  const foreign = await new CompactEncrypt(new TextEncoder().encode("x"))
    .setProtectedHeader({ alg: "RSA-OAEP-256", enc: "A256GCM" })
    .encrypt(publicKey);
  await t.rejects(decrypt(foreign, reader));
  const other = await readPrivateKey(await generatePrivateJwk("sealing"), "sealing");
  await t.rejects(decrypt(await encrypt("x", other.public), reader), "sealed for somebody else");
});

t.test("keys are checked for their use, and private ones not taken for public", async (t) => {
  await t.rejects(readPublicKey(reader.public, "signing"), { message: /Ed25519/ });
  await t.rejects(readPublicKey(await generatePrivateJwk("signing"), "signing"), { message: /private key/ });
  await t.rejects(readPrivateKey(signer.public, "signing"), { message: /no private part/ });
});

/** A header of its own before a good signature's parts, signed again where `by` says so. */
const headerOf = (text: string) => Buffer.from(text).toString("base64url");
const NESTED = `{"alg":"EdDSA","a":${"[".repeat(1_499_000)}${"]".repeat(1_499_000)}}`;

t.test("a header is bounded before anything parses it", async (t) => {
  const [, payload, signature] = (await sign({ a: 1 }, "x+jwt", signer)).split(".");
  const before = process.cpuUsage();
  for (const text of [NESTED, '{"alg":"EdDSA","a":[[[[[1]]]]]}', `{"alg":"EdDSA","kid":"${"x".repeat(1_100)}"}`]) {
    const header = headerOf(text);
    await t.rejects(verifySignature(`${header}.${payload}.${signature}`, "x+jwt", key), RangeError);
    await t.rejects(decrypt(`${header}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`, reader), RangeError);
  }
  const { user, system } = process.cpuUsage(before);
  t.ok(user + system < 2_000_000, "two seconds of the processor, however busy it is");
});

t.test("extensions and compression are refused, whoever signed them", async (t) => {
  const claims = new TextEncoder().encode('{"a":1}');
  const token = await new CompactSign(claims)
    .setProtectedHeader({ alg: "EdDSA", typ: "x+jwt", b64: true, crit: ["b64"] })
    .sign(signer.key);
  await t.rejects(verifySignature(token, "x+jwt", key), { message: /"crit"/ });
  const zipped = await new CompactEncrypt(claims)
    .setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM", zip: "DEF" })
    .encrypt(await readPublicKey(reader.public, "sealing"));
  await t.rejects(decrypt(zipped, reader), { message: /"zip"/ });
});

t.test("claims are bounded before they are parsed", async (t) => {
  let nested: unknown = 1;
  for (let i = 0; i < 20; i++) nested = [nested];
  for (const claims of [{ nested }, { text: "x".repeat(70_000) }]) {
    await t.rejects(verifySignature(await sign(claims, "x+jwt", signer), "x+jwt", key), RangeError);
  }
});

t.test("a payload comes as bytes that stand in no other memory", async (t) => {
  const token = Buffer.from(await sign({ a: 1 }, "x+jwt", signer));
  const payload = verifiedPayload(token, "x+jwt", () => key);
  t.equal(Buffer.from(payload).toString(), '{"a":1}');
  t.throws(() => verifiedPayload(token.subarray(1), "x+jwt", () => key));
  t.throws(() => verifiedPayload(Buffer.from("a.b"), "x+jwt", () => key), TypeError);
  t.throws(() => verifiedPayload(Buffer.from(`${token}.a`), "x+jwt", () => key), TypeError);
});

t.test("a key set holds a camera's key and the 32 before it, and no more", async (t) => {
  const jwks = await Promise.all(Array.from({ length: 34 }, () => generatePrivateJwk("signing")));
  const keys = jwks.map(({ d: _, ...jwk }) => jwk);
  t.equal((await readKeySet({ keys: keys.slice(1) })).kids.length, 33);
  await t.rejects(readKeySet({ keys }), { name: "TypeError", message: /1 to 33/ });
});

t.test("a token has one text: another one with the same signature is refused", async (t) => {
  const token = await sign({ a: 1 }, "x+jwt", signer);
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = digits.indexOf(token.at(-1) ?? "");
  for (const text of [`${token.slice(0, -1)}${digits[last + 1]}`, `${token}=`, `${token}==`])
    await t.rejects(verifySignature(text, "x+jwt", key), SyntaxError);
});
