import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { approveEnrolment, readFleetKeys } from "../../../carrier/approval.ts";
import { enrolmentToken } from "../../../device/management/provision.ts";
import { provisionedBy } from "../../../device/management/provisioned.ts";
import {
  digest,
  encrypt,
  generatePrivateJwk,
  readKeySet,
  readPrivateKey,
  sign,
} from "../../../protocol/encoding/tokens.ts";
import {
  APPROVAL_LIMITS,
  type ApprovalClaims,
  type ApprovalReader,
  makeApproval,
  readApproval,
} from "../../../protocol/identity/approval.ts";
import { enrolmentCode } from "../../../protocol/identity/enrolment.ts";
import { makeTlsKey } from "../../../protocol/identity/tls-key.ts";
import { TYPES } from "../../../protocol/messages/contract.ts";
import { makeAuthority } from "../../support/broker.ts";

const newKey = async (use: "signing" | "sealing") => readPrivateKey(await generatePrivateJwk(use), use);
const NOW = Math.floor(Date.now() / 1_000);

const operatorJwk = await generatePrivateJwk("signing");
const operator = await readPrivateKey(operatorJwk, "signing");
const [signing, sealing, stranger] = [await newKey("signing"), await newKey("sealing"), await newKey("signing")];
const key = await makeTlsKey();
const device = "counter-7";
const token = await enrolmentToken({ device, keys: { signing, sealing }, key, wallMs: NOW * 1_000 });
const reader: ApprovalReader = {
  device,
  sealing,
  operator: await readKeySet(operator.public),
  enrolment: token,
  wallMs: () => NOW * 1_000,
};
const CLAIMS = {
  v: 1,
  type: "provision",
  iss: "operator",
  aud: device,
  iat: NOW,
  exp: NOW + 600,
  enrolment: digest(token),
  certificate: "-----BEGIN CERTIFICATE-----",
  shop: "Shop 7",
  broker: { url: "mqtts://broker.example:8883" },
  carrier: stranger.public,
  operator: operator.public,
} as unknown as ApprovalClaims;

const made = (change: object = {}, by = operator, to = sealing) =>
  makeApproval({ ...CLAIMS, ...change } as ApprovalClaims, by, to.public);
const read = async (message: string | Promise<string>) => readApproval(Buffer.from(await message), reader);

t.test(
  "an approval is the operator's, for this enrolment of this camera, and now; anything else has its code",
  async (t) => {
    t.match(await read(made()), { shop: "Shop 7" });
    t.match(await read(made({ later: true })), { shop: "Shop 7" }, "fields of a later time are ignored");
    const refused: readonly (readonly [string, string | Promise<string>])[] = [
      ["too_large", "x".repeat(APPROVAL_LIMITS.bytes + 1)],
      ["cannot_open", "junk"],
      ["cannot_open", "a.b.c.d.e"],
      ["cannot_open", made({}, operator, await newKey("sealing"))],
      ["bad_signature", made({}, stranger)],
      ["bad_signature", sign(CLAIMS, TYPES.command, operator).then((one) => encrypt(one, sealing.public))],
      ["bad_signature", encrypt(JSON.stringify(CLAIMS), sealing.public)],
      ["invalid_claims", made({ v: 2 })],
      ["invalid_claims", made({ type: "identify" })],
      ["invalid_claims", made({ broker: { url: "http://broker" } })],
      ["invalid_claims", made({ carrier: undefined })],
      ["wrong_audience", made({ aud: "counter-8" })],
      ["other_enrolment", made({ enrolment: digest("another") })],
      ["expired", made({ iat: NOW - 900, exp: NOW - 300 })],
      ["expired", made({ exp: NOW + 86_400 })],
      ["from_future", made({ iat: NOW + 300, exp: NOW + 600 })],
    ];
    for (const [code, message] of refused) await t.rejects(read(message), { name: "ApprovalRefusal", code }, code);
  },
);

t.test("what is approved is checked against the camera's own key and settings before it is stored", async (t) => {
  await using authority = await makeAuthority();
  const file = (name: string) => readFile(join(authority.folder, name), "utf8");
  const by = { certificate: await file("ca.crt"), key: await file("ca.key"), days: 30 };
  const fleet = await readFleetKeys({
    operator: operatorJwk,
    broker: { url: "mqtts://broker.example:8883", ca: by.certificate },
    carrier: stranger.public as never,
  });
  const { letters: code } = await enrolmentCode(signing.public.kid ?? "");
  const { message } = await approveEnrolment({ token, code, shop: "Shop 7", authority: by, fleet });
  const approval = await read(message);
  if (approval.type !== "provision") throw new Error("it is no provisioning");
  const wallMs = Date.now();
  t.match(provisionedBy(approval, key, wallMs), { device, shop: "Shop 7" });
  const otherKey = await makeTlsKey();
  t.throws(() => provisionedBy(approval, otherKey, wallMs), { code: "wrong_certificate", message: /another key/ });
  const named = { ...approval, aud: "counter-8" };
  t.throws(() => provisionedBy(named, key, wallMs), { code: "wrong_certificate", message: /another name/ });
  t.throws(() => provisionedBy(approval, key, wallMs + 90 * 86_400_000), {
    code: "wrong_certificate",
    message: /expired/,
  });
  t.throws(() => provisionedBy({ ...approval, certificate: "junk" }, key, wallMs), { code: "wrong_certificate" });
  const address = { ...approval, broker: { ...approval.broker, url: "mqtts://a:%zz@b" } };
  t.throws(() => provisionedBy(address, key, wallMs), { code: "wrong_settings" });
  await t.rejects(approveEnrolment({ token, code, authority: by, fleet }), { message: /name the shop/ });
});
