import { CompactSign } from "jose";
import t from "tap";
import {
  encrypt,
  generatePrivateJwk,
  type JWK,
  readKeySet,
  readPrivateKey,
} from "../../../protocol/encoding/tokens.ts";
import { type RefusalCode, TYPES } from "../../../protocol/messages/contract.ts";
import { type Reader, type Refusal, readRequest } from "../../../protocol/readers/request-reader.ts";
import { claimsOf, sealed } from "../../support/requests.ts";
import { TEST_DEVICE } from "../../support/stage.ts";

const carrierJwk = await generatePrivateJwk("signing");
const carrier = await readPrivateKey(carrierJwk, "signing");
const sealing = await readPrivateKey(await generatePrivateJwk("sealing"), "sealing");
const clock = { wallMs: () => Date.now(), monotonicMs: () => 0, synchronised: () => true };
const reader: Reader = {
  device: TEST_DEVICE,
  sealing,
  carrier: await readKeySet(carrier.public),
  clock,
  clockIsSet: () => true,
};

const photo = Buffer.from("a photo");
const referenceOf = (bytes: Buffer) => ({ mediaType: "image/jpeg", data: bytes.toString("base64") });
const now = () => Math.floor(Date.now() / 1000);
const good = (change: Record<string, unknown> = {}, by: JWK = carrierJwk) =>
  sealed(claimsOf(photo, change), by, sealing.public);
const read = (message: string | Uint8Array) => readRequest(Buffer.from(message), reader);

t.test("a request that is right in everything is read", async (t) => {
  t.match(await read(await good()), { type: "verify", aud: TEST_DEVICE, consent: { id: "consent-1" } });
  const { reference: _, consent: __, policy: ___, ...rest } = claimsOf(photo);
  const cancel = { ...rest, type: "cancel", request: "some-request", because: "declined" };
  t.match(await read(await sealed(cancel, carrierJwk, sealing.public)), { type: "cancel", because: "declined" });
});

t.test("the photo comes as bytes, and its text nowhere else", async (t) => {
  const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 251));
  const request = await read(await good({ reference: referenceOf(bytes), later: { data: "reference" } }));
  t.ok("photo" in request && bytes.equals(request.photo));
  t.notMatch(JSON.stringify(request), bytes.toString("base64").slice(0, 20));
});

t.test("fields that this version does not know are ignored", async (t) => {
  t.notOk("later" in (await read(await good({ later: "more" }))));
});

t.test("within a minute the clocks may differ", async (t) => {
  t.ok(await read(await good({ iat: now() + 50, exp: now() + 100 })));
  t.ok(await read(await good({ iat: now() - 100, exp: now() - 50 })));
});

const other = await generatePrivateJwk("signing");
const otherSeal = await readPrivateKey(await generatePrivateJwk("sealing"), "sealing");
const changed = (token: string) => `${token.slice(0, -30)}AAAA${token.slice(-26)}`;

const NESTED = `{"alg":"ECDH-ES","enc":"A256GCM","a":${"[".repeat(1_499_000)}${"]".repeat(1_499_000)}}`;
const zipped = (token: string) => {
  const header = Buffer.from(JSON.stringify({ alg: "ECDH-ES", enc: "A256GCM", zip: "DEF" })).toString("base64url");
  return [header, ...token.split(".").slice(1)].join(".");
};
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
/** JSON.stringify writes no escapes into names or base64. */
const signedAs = async (json: string) => {
  const jws = await new CompactSign(Buffer.from(json))
    .setProtectedHeader({ alg: "EdDSA", typ: TYPES.request })
    .sign(carrier.key);
  return encrypt(jws, sealing.public);
};
const rewritten = (from: string, to: string) => signedAs(JSON.stringify(claimsOf(photo)).replace(from, to));

const REFUSED: readonly (readonly [string, RefusalCode, () => Promise<string | Uint8Array>])[] = [
  ["nothing", "malformed", async () => ""],
  ["no JOSE token", "malformed", async () => "hello, camera"],
  ["binary noise", "malformed", async () => Buffer.from([0, 1, 2, 254, 255])],
  ["five megabytes of noise", "too_large", async () => Buffer.alloc(5_000_000, "x")],
  ["five parts that mean nothing", "cannot_open", async () => "a.b.c.d.e"],
  ["with a header of 4 MB", "malformed", async () => `${Buffer.from(NESTED).toString("base64url")}..AAAA.AAAA.AAAA`],
  ["that is compressed", "cannot_open", async () => zipped(await good())],
  ["sealed to another device", "cannot_open", () => sealed(claimsOf(photo), carrierJwk, otherSeal.public)],
  ["changed on the way", "cannot_open", async () => changed(await good())],
  ["sealed, but not signed", "bad_signature", () => encrypt(JSON.stringify(claimsOf(photo)), sealing.public)],
  ["signed by somebody else", "bad_signature", () => good({}, other)],
  ["a token of another kind", "bad_signature", () => sealed(claimsOf(photo), carrierJwk, sealing.public, "report+jwt")],
  ["for another device", "wrong_audience", () => good({ aud: "another-camera" })],
  ["expired", "expired", () => good({ iat: now() - 300, exp: now() - 120 })],
  ["that would live for a day", "expired", () => good({ exp: now() + 86_400 })],
  ["that ends before it begins", "expired", () => good({ iat: now(), exp: now() - 10 })],
  ["from the future", "from_future", () => good({ iat: now() + 300, exp: now() + 400 })],
  [
    "with a consent from the future",
    "from_future",
    () => good({ consent: { id: "consent-1", at: now() + 300, notice: "notice-1" } }),
  ],
  ["without consent", "no_consent", () => good({ consent: undefined })],
  ["with an empty consent", "no_consent", () => good({ consent: {} })],
  ["without a reference", "invalid_claims", () => good({ reference: undefined })],
  [
    "with a reference that is no base64",
    "invalid_claims",
    () => good({ reference: { mediaType: "image/jpeg", data: "%" } }),
  ],
  ["with an empty reference", "invalid_claims", () => good({ reference: { mediaType: "image/jpeg", data: "" } })],
  ["with a reference of 1.6 MB", "invalid_claims", () => good({ reference: referenceOf(Buffer.alloc(1_600_000)) })],
  ["with an escaped name", "invalid_claims", () => rewritten('"data"', '"d\\u0061ta"')],
  ["with two photos", "invalid_claims", () => rewritten('"data"', '"data":"AAAA","data"')],
  ["with the photo elsewhere", "invalid_claims", () => good({ reference: undefined, photo: "A".repeat(50_000) })],
  ["with claims nested deeply", "invalid_claims", () => good({ more: nested(20) })],
  ["whose claims are no JSON", "invalid_claims", () => signedAs("{")],
  ["of another version", "invalid_claims", () => good({ v: 2 })],
  ["of an unknown type", "invalid_claims", () => good({ type: "identify" })],
  ["with a timeout of an hour", "invalid_claims", () => good({ policy: { timeoutMs: 3_600_000 } })],
  ["with a hostile id", "invalid_claims", () => good({ jti: "../../etc/passwd" })],
  ["whose claims are a list", "invalid_claims", () => sealed([], carrierJwk, sealing.public)],
];

for (const [name, code, make] of REFUSED) {
  t.test(`a message ${name} is refused: ${code}`, async (t) => {
    const message = await make();
    await t.rejects(read(message), { name: "Refusal", code });
  });
}

t.test("without a clock nothing is fresh, and only the carrier is told so", async (t) => {
  const timeless: Reader = { ...reader, clockIsSet: () => false };
  const code = async (by: JWK) => readRequest(Buffer.from(await good({}, by)), timeless).catch((error) => error.code);
  t.equal(await code(carrierJwk), "clock_not_set");
  t.equal(await code(other), "bad_signature");
});

t.test("of several carrier keys the one counts that the token names", async (t) => {
  const next = await readPrivateKey(await generatePrivateJwk("signing"), "signing");
  const both: Reader = { ...reader, carrier: await readKeySet({ keys: [carrier.public, next.public] }) };
  const nextJwk = { ...next.public, ...(await generatePrivateJwk("signing")) };
  const readBoth = async (message: string) => readRequest(Buffer.from(message), both);
  t.ok(await readBoth(await good()));
  await t.rejects(readBoth(await good({}, nextJwk)), { code: "bad_signature", message: /known are/ });
  await t.rejects(readBoth(await good({}, { ...other, kid: "unused" })), { code: "bad_signature" });
});

t.test("a refusal names the request only when it is the carrier's own", async (t) => {
  const claims = claimsOf(photo, { aud: "another-camera" });
  const named = async (by: JWK) => {
    const refusal = await read(await sealed(claims, by, sealing.public)).catch((error: Refusal) => error);
    return refusal.jti;
  };
  t.equal(await named(carrierJwk), claims["jti"]);
  t.equal(await named(other), undefined);
});
