import t from "tap";
import {
  isChannel,
  issuerOf,
  keysOf,
  MESSAGE_BYTES,
  readAnswer,
  readCommandAnswer,
  readHealth,
  readIdentity,
  readProgress,
  readReported,
  readStatus,
} from "../../carrier/answers.ts";
import { signingDevice } from "../support/signing-device.ts";

const device = await signingDevice("counter-7");
const other = await signingDevice("counter-8");
const { identity } = device;
const deep = (text: string) => text.replace("{", `{"deep":${"[".repeat(500)}${"]".repeat(500)},`);

t.test("a report, a refusal and the answer to a cancel are read", async (t) => {
  t.match(await readAnswer(await device.report(), identity), { kind: "report", report: { claims: { seq: 1 } } });
  t.match(await readAnswer(await device.refusal(), identity), { kind: "refusal", refusal: { code: "busy" } });
  t.match(await readAnswer(await device.cancelled(), identity), { kind: "cancelled", cancelled: { jti: "cancel-1" } });
});

t.test("whatever is not the device's own is forged", async (t) => {
  const report = await device.report();
  const forged = {
    "signed by another": await other.report({ iss: "counter-7" }),
    changed: report.replace(".", ".e"),
    "another name": await device.report({ iss: "counter-8" }),
    "no token": "",
    dots: "..",
    bytes: "\u0000.\u0000",
    "a cancel's answer in another name": await device.cancelled({ iss: "counter-8" }),
    "a cancel's answer by another": await other.cancelled({ iss: "counter-7" }),
    "a refusal in another name": await device.refusal({ iss: "counter-8" }),
    claims: await device.report({ seq: 0 }),
    large: await device.report({ software: "x".repeat(MESSAGE_BYTES.report) }),
    header: `${"e30".repeat(5_000)}.e30.AAAA`,
    "nested header": Buffer.from("[".repeat(9_000)).toString("base64url"),
  };
  for (const [name, token] of Object.entries(forged)) {
    t.match(await readAnswer(token, identity), { kind: "forged", why: /./ }, name);
  }
});

t.test("reports of a retired key are still the device's", async (t) => {
  const { proof: _, ...rest } = other.identity;
  const changed = { ...rest, device: "counter-7", retired: [identity.signing] };
  t.equal((await readAnswer(await device.report(), changed)).kind, "report");
  t.same((await keysOf(changed)).kids, [changed.signing.kid, identity.signing.kid]);
});

t.test("an identity is read when its keys are keys, its key ids theirs, and its proof holds", async (t) => {
  const read = (change: object) => readIdentity(JSON.stringify({ ...identity, ...change }), "counter-7");
  t.same(await read({}), identity);
  t.ok(await read({ proof: undefined }), "an older device proves nothing");
  const { signing, sealing } = identity;
  const { n: _, ...rsa } = { ...signing, kty: "RSA", n: "" };
  for (const [name, change] of Object.entries({
    "another device's": { device: "counter-8" },
    "no version": { v: undefined },
    "RSA without its number": { signing: rsa },
    "RSA for sealing": { sealing: { ...sealing, kty: "RSA" } },
    "RSA retired": { retired: [rsa], proof: undefined },
    "an unknown kind": { signing: { ...signing, kty: "X" } },
    "another's key": { signing: { ...other.identity.signing, kid: signing.kid } },
    "sealing and signing exchanged": { signing: sealing, sealing: signing },
    "a point that is none": { sealing: { ...sealing, x: "AAAA" } },
    "a private key": { signing: { ...signing, d: "AAAA" } },
    "another's proof": { proof: other.identity.proof },
    "a proof of other keys": { sealing: other.identity.sealing },
    "too large": { software: "x".repeat(MESSAGE_BYTES.identity) },
  }))
    t.equal(await read(change), undefined, name);
  for (const text of ["", "null", "[]", deep(JSON.stringify(identity)), "[".repeat(1_000_000)])
    t.equal(await readIdentity(text, "counter-7"), undefined, text.slice(0, 10));
});

t.test("progress, status and health are read within their bounds", async (t) => {
  const progress = { v: 1, jti: "request-1", stage: "looking", atMs: 1 };
  t.same(readProgress(JSON.stringify(progress)), progress);
  const status = { v: 1, device: "counter-7", state: "ready", faults: [] };
  t.same(readStatus(JSON.stringify(status)), status);
  const health = { v: 1, device: "counter-7", state: "healthy", codes: [], atMs: 1, software: "0", metrics: {} };
  t.same(readHealth(JSON.stringify(health)), health);
  for (const [read, good] of [
    [readProgress, progress],
    [readStatus, status],
    [readHealth, health],
  ] as const) {
    t.equal(read(deep(JSON.stringify(good))), undefined, "nested");
    t.equal(read(JSON.stringify({ ...good, more: "x".repeat(20_000) })), undefined, "large");
    for (const text of ["", "null", "{}", '"', "[".repeat(1_900)]) t.equal(read(text), undefined);
  }
});

t.test("an answer to a command and a configuration are the camera's own or refused", async (t) => {
  t.match(await readCommandAnswer(await device.answer(), identity), { outcome: "done" });
  t.match(await readReported(await device.reported(), identity), { iss: "counter-7" });
  await t.rejects(readCommandAnswer(await other.answer(), identity));
  await t.rejects(readCommandAnswer(await device.answer({ iss: "counter-8" }), identity), { message: /counter-8/ });
  await t.rejects(readCommandAnswer(await device.answer({ outcome: "maybe" }), identity));
  await t.rejects(readReported(await device.answer(), identity), "a token of another kind");
});

t.test("whom a token names is read without trust", async (t) => {
  t.equal(issuerOf(Buffer.from(await device.report())), "counter-7");
  const claims = (value: unknown) => Buffer.from(`e30.${Buffer.from(JSON.stringify(value)).toString("base64url")}.AA`);
  for (const value of [null, 1, {}, { iss: 7 }, { iss: { toString: 1 } }, []]) t.equal(issuerOf(claims(value)), "");
  t.equal(issuerOf(Buffer.from(`.${Buffer.from("[".repeat(9_000)).toString("base64url")}`)), "");
});

t.test("channels are those of the contract", async (t) => {
  t.ok(isChannel("report") && isChannel("identity"));
  for (const name of ["reply", "request", "toString", "__proto__", ""]) t.notOk(isChannel(name), name);
});
