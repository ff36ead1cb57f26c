import { join } from "node:path";
import { CompactSign, UnsecuredJWT } from "jose";
import t from "tap";
import { readAnswer, readIdentity } from "../../carrier/answers.ts";
import { type CarrierError, openCarrier, type Prepared } from "../../carrier/client.ts";
import {
  digest,
  encrypt,
  generatePrivateJwk,
  readKeySet,
  readPrivateKey,
  sign,
} from "../../protocol/encoding/tokens.ts";
import { type Identity, LIMITS, type RefusalCode, TYPES } from "../../protocol/messages/contract.ts";
import { checkChain, describeFinding } from "../../protocol/messages/report-chain.ts";
import { startTestBroker } from "../support/broker.ts";
import { claimsOf, sealed } from "../support/requests.ts";
import { askWith } from "../support/stage.ts";
import { openSynthetic } from "../support/synthetic-device.ts";

const photo = Buffer.from([0xff, 0xd8, 0xff]);
const broker = await startTestBroker();
t.teardown(() => broker[Symbol.asyncDispose]());
const key = await generatePrivateJwk("signing");
const stranger = await generatePrivateJwk("signing");
const folder = t.testdir({});

const start = (name: string) =>
  openSynthetic({ brokerUrl: broker.url, name, carrier: key, dataFolder: join(folder, name) });
const one = await start("one");
const two = await start("two");
t.teardown(() => two.device[Symbol.asyncDispose]());
const carriers = {
  one: await openCarrier({ brokerUrl: broker.url, device: "one", key }),
  two: await openCarrier({ brokerUrl: broker.url, device: "two", key }),
};
for (const carrier of Object.values(carriers)) t.teardown(() => carrier[Symbol.asyncDispose]());
const to = one.device.identity.sealing;

const raw = (message: string, jti = "none"): Prepared => ({
  jti,
  sealed: message,
  digest: digest(message),
  timeoutMs: LIMITS.timeoutMs.most,
});
const claims = (change: object = {}) => claimsOf(photo, { aud: "one", ...change });
const hs256 = async () => {
  const secret = Buffer.from((await readPrivateKey(key, "signing")).public.x ?? "", "base64url");
  const header = { alg: "HS256", typ: TYPES.request };
  return new CompactSign(Buffer.from(JSON.stringify(claims()))).setProtectedHeader(header).sign(secret);
};

const REQUESTS: readonly (readonly [string, RefusalCode, () => Promise<string>])[] = [
  ["unsigned", "bad_signature", () => encrypt(JSON.stringify(claims()), to)],
  ["with alg none", "bad_signature", () => encrypt(new UnsecuredJWT(claims() as Record<string, never>).encode(), to)],
  ["signed by another key", "bad_signature", () => sealed(claims(), stranger, to)],
  [
    "signed by another key under the right kid",
    "bad_signature",
    () => sealed(claims(), { ...stranger, kid: key.kid ?? "" }, to),
  ],
  ["that confuses a public key with a secret", "bad_signature", async () => encrypt(await hs256(), to)],
  ["signed by the camera's own key", "bad_signature", () => sealed(claims(), key, to, TYPES.report)],
  ["for another camera", "wrong_audience", () => sealed(claims({ aud: "two" }), key, to)],
];

for (const [name, refusal, make] of REQUESTS) {
  t.test(`a request ${name} is refused: ${refusal}`, async (t) => {
    const sent = carriers.one.send(raw(await make()));
    await t.rejects(sent, { code: "refused", refusal } satisfies Partial<CarrierError>);
  });
}

t.test("a request replayed to another camera cannot be opened there", async (t) => {
  const prepared = await carriers.one.prepare(askWith(photo));
  await t.rejects(carriers.two.send(prepared), {
    code: "refused",
    refusal: "cannot_open",
  } satisfies Partial<CarrierError>);
});

t.test("a request replayed, also after a restart, gets the same report and no second look", async (t) => {
  const prepared = await carriers.one.prepare(askWith(photo));
  const first = await carriers.one.send(prepared);
  t.equal((await carriers.one.send(prepared)).token, first.token);
  await one.device[Symbol.asyncDispose]();
  const again = await start("one");
  t.teardown(() => again.device[Symbol.asyncDispose]());
  t.equal((await carriers.one.send(prepared)).token, first.token);
  t.equal(again.log.filter(({ event }) => event === "request_accepted").length, 0);
});

t.test("reports that were tampered with are caught", async (t) => {
  const tokens: string[] = [];
  for (let i = 0; i < 4; i++) tokens.push((await carriers.two.verify(askWith(photo))).token);
  const identity: Identity = two.device.identity;
  const [head = "", body = "", signature = ""] = (tokens[1] ?? "").split(".");
  const edited = Buffer.from(Buffer.from(body, "base64url").toString().replace('"match"', '"no_match"'));
  const forged = [
    ["edited", `${head}.${edited.toString("base64url")}.${signature}`],
    ["unsigned", `${head}.${body}.`],
    ["a stranger's", await sign({}, TYPES.report, await readPrivateKey(stranger, "signing"))],
  ] as const;
  for (const [name, token] of forged) t.equal((await readAnswer(token, identity)).kind, "forged", name);
  t.equal((await readAnswer(tokens[0] ?? "", one.device.identity)).kind, "forged", "another camera's");
  const keys = await readKeySet(identity.signing);
  const [a = "", b = "", c = "", d = ""] = tokens;
  const found = async (...chain: readonly string[]) => (await checkChain(chain, keys)).findings.map(describeFinding);
  const first = (await checkChain([a], keys)).firstSeq ?? 0;
  t.same(await found(a, b, c, d), []);
  t.same(await found(a, c, d), [`report ${first + 1} is missing`]);
  t.match((await found(a, forged[0][1], c, d)).join(), /line 2 is no report.*report \d+ is missing/);
  t.match((await found(a, c, b, d)).join(), /stands after/);
});

t.test("an identity whose keys were exchanged is not taken by whoever pinned the signing key", async (t) => {
  const identity = two.device.identity;
  const own = { ...identity, sealing: one.device.identity.sealing };
  const read = (changed: object) => readIdentity(JSON.stringify(changed), "two");
  t.ok(await read(identity));
  t.equal(await read(own), undefined, "another sealing key");
  t.equal(await read({ ...identity, retired: [one.device.identity.signing] }), undefined, "a retired key that is none");
  t.equal(await read({ ...identity, signing: { ...one.device.identity.signing } }), undefined, "another signing key");
});
