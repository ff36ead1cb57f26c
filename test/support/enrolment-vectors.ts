import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { digest, encrypt, type JWK, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import type { ApprovalRefusalCode } from "../../protocol/identity/approval.ts";
import { issueCertificate, requestCertificate } from "../../protocol/identity/certificates.ts";
import { type EnrolmentCode, enrolmentCode } from "../../protocol/identity/enrolment.ts";
import { makeTlsKey } from "../../protocol/identity/tls-key.ts";
import { CONTRACT_VERSION, TYPES } from "../../protocol/messages/contract.ts";
import { makeAuthority } from "./broker.ts";

/** An enrolment, and what an operator makes of it; its code where it is accepted. */
export interface EnrolmentVector {
  readonly name: string;
  readonly token: string;
  readonly expect: "accepted" | "refused";
  readonly code?: EnrolmentCode;
}

/** An approval of the first enrolment, and what its camera makes of it. */
export interface ApprovalVector {
  readonly name: string;
  readonly message: string;
  readonly expect: "accepted" | ApprovalRefusalCode;
}

export interface EnrolmentVectorOptions {
  readonly device: string;
  readonly now: number;
  readonly keys: Readonly<Record<"carrier" | "signing" | "sealing" | "stranger" | "operator", JWK>>;
}

const open = ({ d: _, ...jwk }: JWK): JWK => jwk;

export async function enrolmentVectors({
  device,
  now,
  keys,
}: EnrolmentVectorOptions): Promise<readonly EnrolmentVector[]> {
  const [by, other] = [await readPrivateKey(keys.signing, "signing"), await readPrivateKey(keys.stranger, "signing")];
  const request = await requestCertificate(device, await makeTlsKey());
  const [signing, sealing] = [open(keys.signing), open(keys.sealing)];
  const good = { v: CONTRACT_VERSION, iss: device, iat: now, signing, sealing, request };
  const code = await enrolmentCode(by.public.kid ?? "");
  const accepted = async (name: string, claims: object): Promise<EnrolmentVector> => ({
    name,
    expect: "accepted",
    code,
    token: await sign(claims, TYPES.enrolment, by),
  });
  const refused = async (name: string, claims: object, key = by, typ: string = TYPES.enrolment) =>
    ({ name, expect: "refused", token: await sign(claims, typ, key) }) as const;
  const another = await requestCertificate(device, await makeTlsKey());
  return [
    await accepted("an enrolment", good),
    await accepted("an enrolment that names the shop", { ...good, shop: "Harbour Street 12" }),
    await accepted("an enrolment with fields of a later time", { ...good, later: { more: true } }),
    await accepted("a renewal: the same keys, and a request for another TLS key", { ...good, request: another }),
    await refused("an enrolment signed by another key than it names", good, other),
    await refused("an enrolment as a token of another kind", good, by, TYPES.report),
    await refused("an enrolment whose key id is not the key's thumbprint", {
      ...good,
      sealing: { ...sealing, kid: signing.kid },
    }),
    await refused("an enrolment without a certificate request", { ...good, request: undefined }),
    await refused("an enrolment of another version", { ...good, v: 2 }),
    await refused("an enrolment whose signing key is of another kind", {
      ...good,
      signing: { ...signing, kty: "oct" },
    }),
    { name: "no enrolment", expect: "refused", token: "hello" },
  ];
}

/** Approvals of an enrolment. */
export async function approvalVectors(
  options: EnrolmentVectorOptions & { readonly first: string },
): Promise<readonly ApprovalVector[]> {
  const { device, now, keys, first } = options;
  const [by, other] = [await readPrivateKey(keys.operator, "signing"), await readPrivateKey(keys.stranger, "signing")];
  const to = open(keys.sealing);
  const certificate = await vectorCertificate(options);
  const envelope = { v: CONTRACT_VERSION, iss: "operator", aud: device, iat: now, exp: now + 600 };
  const renewal = { ...envelope, type: "renew", enrolment: digest(first), certificate };
  const carrier = open(keys.carrier);
  const broker = { url: "mqtts://broker.example:8883" };
  const good = {
    ...renewal,
    type: "provision",
    shop: "Harbour Street 12",
    broker,
    carrier,
    operator: open(keys.operator),
  };
  const one = async (
    name: string,
    expect: ApprovalVector["expect"],
    claims: object,
    key = by,
    typ: string = TYPES.approval,
  ): Promise<ApprovalVector> => ({ name, expect, message: await encrypt(await sign(claims, typ, key), to) });
  const whole = await one("an approval", "accepted", good);
  const [head = "", body = ""] = (await sign(good, TYPES.approval, by)).split(".");
  return [
    whole,
    await one("an approval with several keys of the carrier", "accepted", {
      ...good,
      carrier: { keys: [carrier, open(keys.stranger)] },
    }),
    await one("an approval with a publisher's key and topics", "accepted", {
      ...good,
      publisher: open(keys.stranger),
      broker: { ...broker, topics: "shops/{device}/{channel}" },
    }),
    await one("an approval with fields of a later time", "accepted", { ...good, later: { more: true } }),
    await one("a renewed certificate", "accepted", renewal),
    { name: "no approval", expect: "cannot_open", message: "hello" },
    { name: "an approval changed on its way", expect: "cannot_open", message: `${whole.message.slice(0, -4)}AAAA` },
    {
      name: "an approval without a signature",
      expect: "bad_signature",
      message: await encrypt(`${head}.${body}.`, to),
    },
    await one(
      "an approval that the carrier signed",
      "bad_signature",
      good,
      await readPrivateKey(keys.carrier, "signing"),
    ),
    await one("an approval that a stranger signed", "bad_signature", good, other),
    await one("an approval as a token of another kind", "bad_signature", good, by, TYPES.command),
    await one("an approval for another camera", "wrong_audience", { ...good, aud: "another-camera" }),
    await one("an approval of another enrolment", "other_enrolment", { ...good, enrolment: digest("another") }),
    await one("an approval that expired", "expired", { ...good, iat: now - 700, exp: now - 100 }),
    await one("an approval for two hours", "expired", { ...good, exp: now + 7_200 }),
    await one("an approval from the future", "from_future", { ...good, iat: now + 300, exp: now + 900 }),
    await one("an approval of another version", "invalid_claims", { ...good, v: 2 }),
    await one("an approval of another type", "invalid_claims", { ...good, type: "release" }),
    await one("an approval without the carrier's key", "invalid_claims", { ...good, carrier: undefined }),
    await one("an approval with a broker that is none", "invalid_claims", {
      ...good,
      broker: { url: "https://broker.example" },
    }),
  ];
}

/** Of an authority that was made for the purpose and is gone: what vectors say of certificates is their form. */
async function vectorCertificate({ device, now }: EnrolmentVectorOptions): Promise<string> {
  await using made = await makeAuthority();
  const read = (name: string) => readFile(join(made.folder, name), "utf8");
  const authority = { certificate: await read("ca.crt"), key: await read("ca.key") };
  return await issueCertificate(await requestCertificate(device, await makeTlsKey()), authority, 825, now * 1_000);
}
