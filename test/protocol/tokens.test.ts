import { CompactEncrypt, CompactSign, generateKeyPair, UnsecuredJWT } from "jose";
import t from "tap";
import {
  decrypt,
  encrypt,
  generatePrivateJwk,
  readPrivateKey,
  readPublicKey,
  sign,
  thumbprint,
  verifySignature,
} from "../../protocol/tokens.ts";

const signer = await readPrivateKey(await generatePrivateJwk("signing"), "signing");
const reader = await readPrivateKey(await generatePrivateJwk("sealing"), "sealing");
const key = await readPublicKey(signer.public, "signing");

t.test("signed and verified, sealed and opened", async (t) => {
  const token = await sign({ a: 1 }, "x+jwt", signer);
  t.same(await verifySignature(token, "x+jwt", key), { a: 1 });
  t.equal(await decrypt(await encrypt(token, reader.public), reader), token);
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
