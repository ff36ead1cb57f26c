import { join } from "node:path";
import { connectAsync } from "mqtt";
import t from "tap";
import { type CarrierError, openCarrier, type Prepared } from "../../carrier/client.ts";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { digest, generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, type RefusalCode, topicsOf } from "../../protocol/messages/contract.ts";
import { media } from "../support/media.ts";
import { claimsOf, sealed } from "../support/requests.ts";
import { askWith, decided, setTestStage, TEST_DEVICE } from "../support/stage.ts";
import { syntheticCamera, syntheticInference } from "../support/synthetic.ts";
import { openSynthetic } from "../support/synthetic-device.ts";

// A refusal comes before any frame is looked at, so camera and networks need not be real.
const own = { camera: syntheticCamera(), inference: syntheticInference() };
const stage = await setTestStage(t, { camera: "film:/none", own });
const { carrier, key } = stage;
const identity = await carrier.identity();
const reference = await chipPhoto(media.path("franck_02221.jpg"));

/** The device answers the next good request as if nothing had happened. */
async function serves(t: { equal(a: unknown, b: unknown, name: string): boolean }): Promise<void> {
  const { claims } = await carrier.verify(askWith(reference));
  t.equal(decided(claims), "match", "the next good request is served");
}

function raw(message: string, jti = "unknown-request"): Prepared {
  return { jti, sealed: message, digest: digest(message), timeoutMs: 10_000 };
}

const request = async (claims: Record<string, unknown>, by = key) =>
  raw(await sealed(claims, by, identity.sealing), String(claims["jti"]));

const now = () => Math.floor(Date.now() / 1000);
const other = await generatePrivateJwk("signing");

/** Unsigned, and within the bound of a message: a parser of its header takes gigabytes. */
const NESTED_HEADER = `{"alg":"ECDH-ES","enc":"A256GCM","a":${"[".repeat(1_499_000)}${"]".repeat(1_499_000)}}`;
const NESTED = `${Buffer.from(NESTED_HEADER).toString("base64url")}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`;

const REFUSED: readonly (readonly [string, RefusalCode, () => Promise<Prepared>])[] = [
  ["not a JOSE token", "malformed", async () => raw("hello, camera")],
  ["5 MB of garbage", "too_large", async () => raw("garbage ".repeat(640_000))],
  ["with 4 MB of nested arrays for a header", "malformed", async () => raw(NESTED)],
  ["signed with the wrong key", "bad_signature", () => request(claimsOf(reference), other)],
  ["for another audience", "wrong_audience", () => request(claimsOf(reference, { aud: "another" }))],
  ["expired", "expired", () => request(claimsOf(reference, { iat: now() - 300, exp: now() - 120 }))],
  ["from the future", "from_future", () => request(claimsOf(reference, { iat: now() + 300, exp: now() + 400 }))],
  ["without consent", "no_consent", () => request(claimsOf(reference, { consent: undefined }))],
  ["for a rate never measured", "fmr_unsupported", () => request(claimsOf(reference, { policy: { fmr: 1e-7 } }))],
];

for (const [name, code, make] of REFUSED) {
  t.test(`a request ${name}`, async (t) => {
    await t.rejects(carrier.send(await make()), { code: "refused", refusal: code } satisfies Partial<CarrierError>);
    await serves(t);
  });
}

t.test("a device that finds such a message retained at its start serves", async (t) => {
  const name = "late-camera";
  const sender = await connectAsync(stage.broker.url.href);
  await sender.publishAsync(topicsOf(DEFAULT_TOPICS, name).request, NESTED, { qos: 1, retain: true });
  await sender.endAsync();
  const dataFolder = join(t.testdir({}), "data");
  const { device } = await openSynthetic({ brokerUrl: stage.broker.url, name, carrier: key, dataFolder });
  t.teardown(() => device[Symbol.asyncDispose]());
  await using late = await openCarrier({ brokerUrl: stage.broker.url, device: name, key });
  const { claims } = await late.verify(askWith(reference));
  t.equal(decided(claims), "match");
});

t.test("a request sent twice is answered by the same report, and looked at once", async (t) => {
  const prepared = await carrier.prepare(askWith(reference));
  const [first, second] = await Promise.all([carrier.send(prepared), carrier.send(prepared)]);
  const third = await carrier.send(prepared);
  t.equal(second.token, first.token);
  t.equal(third.token, first.token);
  const next = await carrier.verify(askWith(reference));
  t.equal(next.claims.seq, first.claims.seq + 1, "no report in between");
  t.equal(next.claims.prev, digest(first.token), "chained to the one before");
});

t.test("cancelling what does not run is refused, and harms nobody", async (t) => {
  const refused = { code: "refused", refusal: "already_ended" };
  await t.rejects(carrier.cancel("some-other-request", "cancelled"), refused);
  await serves(t);
});

t.test("a carrier that pinned another key does not talk to this device", async (t) => {
  const options = { brokerUrl: stage.broker.url, device: TEST_DEVICE, key, pinned: "another-thumbprint" };
  await using wary = await openCarrier(options);
  await t.rejects(wary.verify(askWith(reference)), { code: "device_unknown", message: /pinned/ });
});
