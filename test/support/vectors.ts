import { CompactSign, UnsecuredJWT } from "jose";
import { digest, encrypt, generatePrivateJwk, type JWK, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import type { CommandRefusalCode } from "../../protocol/messages/command-contract.ts";
import { CONTRACT_VERSION, type RefusalCode, type ReportClaims, TYPES } from "../../protocol/messages/contract.ts";
import { type ApprovalVector, approvalVectors, type EnrolmentVector, enrolmentVectors } from "./enrolment-vectors.ts";
import { claimsOf, sealed } from "./requests.ts";

/** When the vectors are read, seconds since 1970: their requests are fresh for ever at this time. */
const NOW = 1_800_000_000;
const DEVICE = "vector-camera";

/** docs/vectors/vectors.json: keys made for the purpose, tokens, and what must come of them. */
export interface Vectors {
  readonly note: string;
  readonly now: number;
  readonly device: string;
  readonly keys: Readonly<Record<"carrier" | "signing" | "sealing" | "stranger" | "operator", JWK>>;
  readonly requests: readonly {
    readonly name: string;
    readonly message: string;
    readonly expect: "accepted" | RefusalCode;
  }[];
  /** Receipts for the first reports of the chains, and commands that the carrier may sign. */
  readonly receipts: readonly {
    readonly name: string;
    readonly message: string;
    readonly expect: "accepted" | RefusalCode;
  }[];
  readonly commands: readonly {
    readonly name: string;
    readonly message: string;
    readonly expect: "accepted" | CommandRefusalCode;
  }[];
  /** Commands to a camera that trusts the operator. */
  readonly operated: Vectors["commands"];
  readonly enrolments: readonly EnrolmentVector[];
  /** Of the first enrolment. */
  readonly approvals: readonly ApprovalVector[];
  readonly answers: readonly {
    readonly name: string;
    readonly token: string;
    readonly expect: "report" | "refusal" | "cancelled" | "forged";
  }[];
  /** Names of chains of report tokens, and what is wrong with each. */
  readonly chains: readonly { readonly name: string; readonly tokens: readonly string[]; readonly expect: string }[];
}

/** New vectors with new keys; or those that are given, unchanged, and beside them the ones that they lack. */
export async function makeVectors(given?: Partial<Vectors>): Promise<Vectors> {
  const keys = {
    carrier: given?.keys?.carrier ?? (await generatePrivateJwk("signing")),
    signing: given?.keys?.signing ?? (await generatePrivateJwk("signing")),
    sealing: given?.keys?.sealing ?? (await generatePrivateJwk("sealing")),
    stranger: given?.keys?.stranger ?? (await generatePrivateJwk("signing")),
    operator: given?.keys?.operator ?? (await generatePrivateJwk("signing")),
  };
  const note = "These private keys are published: they prove nothing anywhere else.";
  const reports = given?.chains?.find(({ name }) => name === "whole")?.tokens ?? (await chain(keys.signing));
  const enrolling = { device: DEVICE, now: NOW, keys };
  const enrolments = beside(given?.enrolments, await enrolmentVectors(enrolling));
  const first = enrolments[0]?.token ?? "";
  return {
    note,
    now: NOW,
    device: DEVICE,
    keys,
    requests: beside(given?.requests, await requests(keys)),
    receipts: beside(given?.receipts, await receipts(keys, reports)),
    commands: beside(given?.commands, await commands(keys)),
    operated: beside(given?.operated, await operated(keys)),
    enrolments,
    approvals: beside(given?.approvals, await approvalVectors({ ...enrolling, first })),
    answers: beside(given?.answers, await answers(keys, reports[0] ?? "")),
    chains: beside(given?.chains, chains(reports)),
  };
}

function beside<T extends { readonly name: string }>(given: readonly T[] = [], made: readonly T[]): readonly T[] {
  return [...given, ...made.filter(({ name }) => !given.some((one) => one.name === name))];
}

type Keys = Vectors["keys"];

async function requests({ carrier, sealing, stranger }: Keys): Promise<Vectors["requests"]> {
  const to = (await readPrivateKey(sealing, "sealing")).public;
  const photo = Buffer.from("/9j/", "base64");
  const times = { aud: DEVICE, iat: NOW, exp: NOW + 60, consent: { id: "consent-1", at: NOW, notice: "notice-1" } };
  const good = (change: object = {}) => claimsOf(photo, { ...times, ...change });
  const one = async (name: string, expect: "accepted" | RefusalCode, claims: object, by = carrier, typ?: string) => ({
    name,
    expect,
    message: await sealed(claims, by, to, typ),
  });
  const cancel = { ...times, v: CONTRACT_VERSION, type: "cancel", jti: "cancel-1234", iss: "carrier" };
  const unsigned = new UnsecuredJWT(good() as Record<string, never>).encode();
  const hs256 = await new CompactSign(Buffer.from(JSON.stringify(good())))
    .setProtectedHeader({ alg: "HS256", typ: TYPES.request })
    .sign(Buffer.from((await readPrivateKey(carrier, "signing")).public.x ?? "", "base64url"));
  const first = await one("a request", "accepted", good());
  return [
    first,
    await one("a request with fields of a later time", "accepted", good({ later: { more: true } })),
    await one("a request that may wait", "accepted", good({ policy: { waitMs: 30_000 } })),
    await one("a request that may wait for an hour", "invalid_claims", good({ policy: { waitMs: 3_600_000 } })),
    await one("a request that promises a receipt", "accepted", good({ receipt: true })),
    await one("a request whose promise is no yes or no", "invalid_claims", good({ receipt: "soon" })),
    await one("a cancel", "accepted", { ...cancel, request: "request-1234", because: "declined" }),
    await one("a cancel that is to be answered", "accepted", {
      ...cancel,
      request: "request-1234",
      because: "declined",
      confirm: true,
    }),
    { name: "not a token", expect: "malformed", message: "hello" },
    { name: "changed on its way", expect: "cannot_open", message: `${first.message.slice(0, -4)}AAAA` },
    { name: "sealed, unsigned", expect: "bad_signature", message: await encrypt(JSON.stringify(good()), to) },
    { name: "alg none", expect: "bad_signature", message: await encrypt(unsigned, to) },
    { name: "HS256 with the public key as secret", expect: "bad_signature", message: await encrypt(hs256, to) },
    await one("signed by a stranger", "bad_signature", good(), stranger),
    await one("a token of another kind", "bad_signature", good(), carrier, TYPES.report),
    await one("for another camera", "wrong_audience", good({ aud: "another-camera" })),
    await one("expired", "expired", good({ iat: NOW - 300, exp: NOW - 120 })),
    await one("with a life of a day", "expired", good({ exp: NOW + 86_400 })),
    await one("from the future", "from_future", good({ iat: NOW + 300, exp: NOW + 360 })),
    await one("without consent", "no_consent", good({ consent: undefined })),
    await one("of another version", "invalid_claims", good({ v: 2 })),
    await one("of another type", "invalid_claims", good({ type: "identify" })),
  ];
}

const ENVELOPE = { v: CONTRACT_VERSION, iss: "carrier", aud: DEVICE, iat: NOW, exp: NOW + 60 };

async function receipts({ carrier, signing }: Keys, reports: readonly string[]): Promise<Vectors["receipts"]> {
  const [by, other] = [await readPrivateKey(carrier, "signing"), await readPrivateKey(signing, "signing")];
  const named = reports.slice(0, 2).map((token, i) => ({ seq: i + 1, digest: digest(token) }));
  const good = (change: object = {}) => ({ ...ENVELOPE, jti: "receipt-1234", reports: named, ...change });
  const one = async (name: string, expect: "accepted" | RefusalCode, claims: object, key = by) => ({
    name,
    expect,
    message: await sign(claims, TYPES.receipt, key),
  });
  const many = Array.from({ length: 101 }, (_, i) => ({ seq: i + 1, digest: digest(String(i)) }));
  return [
    await one("a receipt for two reports", "accepted", good()),
    await one("a receipt with fields of a later time", "accepted", good({ later: { more: true } })),
    await one("a receipt that the camera signed", "bad_signature", good(), other),
    await one("a receipt for another camera", "wrong_audience", good({ aud: "another-camera" })),
    await one("a receipt that expired", "expired", good({ iat: NOW - 300, exp: NOW - 120 })),
    await one("a receipt from the future", "from_future", good({ iat: NOW + 300, exp: NOW + 360 })),
    await one("a receipt for nothing", "invalid_claims", good({ reports: [] })),
    await one("a receipt for 101 reports", "invalid_claims", good({ reports: many })),
    await one("a receipt of another version", "invalid_claims", good({ v: 2 })),
  ];
}

async function commands({ carrier, stranger }: Keys): Promise<Vectors["commands"]> {
  const [by, other] = [await readPrivateKey(carrier, "signing"), await readPrivateKey(stranger, "signing")];
  const resend = (change: object = {}) => ({
    ...ENVELOPE,
    ...{ jti: "resend-1234", type: "report_resend", from: 2, to: 3 },
    ...change,
  });
  const one = async (name: string, expect: "accepted" | CommandRefusalCode, claims: object, key = by) => ({
    name,
    expect,
    message: await sign(claims, TYPES.command, key),
  });
  return [
    await one("the carrier asks for two reports again", "accepted", resend()),
    await one("it asks for 500", "accepted", resend({ from: 1, to: 500 })),
    await one("it asks for 501", "invalid_claims", resend({ from: 1, to: 501 })),
    await one("it asks backwards", "invalid_claims", resend({ from: 3, to: 2 })),
    await one("a stranger asks", "bad_signature", resend(), other),
    await one("another camera is asked", "wrong_audience", resend({ aud: "another-camera" })),
    await one("it was asked too long ago", "expired", resend({ iat: NOW - 300, exp: NOW - 120 })),
    await one("the carrier wants to change a setting", "management_off", {
      ...ENVELOPE,
      ...{ jti: "config-1234", type: "config_reset" },
    }),
  ];
}

async function operated({ operator, carrier, sealing, stranger }: Keys): Promise<Vectors["operated"]> {
  const [by, other] = [await readPrivateKey(operator, "signing"), await readPrivateKey(stranger, "signing")];
  const envelope = { ...ENVELOPE, iss: "operator", jti: "command-1234" };
  const one = async (
    name: string,
    expect: "accepted" | CommandRefusalCode,
    claims: object,
    key = by,
    typ: string = TYPES.command,
  ) => ({ name, expect, message: await sign({ ...envelope, ...claims }, typ, key) });
  const set = { type: "config_set", set: { MATCHLIGHT_TIMEOUT_MS: "8000" } };
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`MATCHLIGHT_${"ABCDEFGHIJKLMNOPQ"[i]}`, "1"]));
  const { x = "", y = "" } = sealing;
  const to = { kty: "EC", crv: "P-256", x, y };
  const diagnose = { type: "diagnose", to };
  return [
    await one("settings are set", "accepted", set),
    await one("settings are set, with fields of a later time", "accepted", { ...set, later: { more: true } }),
    await one("16 settings are set", "accepted", { ...set, set: many(16) }),
    await one("17 settings are set", "invalid_claims", { ...set, set: many(17) }),
    await one("a setting is set to a number that is no text", "invalid_claims", {
      ...set,
      set: { MATCHLIGHT_TIMEOUT_MS: 8000 },
    }),
    await one("a setting is set to nothing", "invalid_claims", { ...set, set: { MATCHLIGHT_TIMEOUT_MS: "" } }),
    await one("a variable of somebody else is set", "invalid_claims", { ...set, set: { PATH: "/tmp" } }),
    await one("a stranger sets settings", "bad_signature", set, other),
    await one("the carrier sets settings", "bad_signature", set, await readPrivateKey(carrier, "signing")),
    await one("settings are set by a token of another kind", "bad_signature", set, by, TYPES.approval),
    await one("another camera's settings are set", "wrong_audience", { ...set, aud: "another-camera" }),
    await one("settings were set too long ago", "expired", { ...set, iat: NOW - 300, exp: NOW - 120 }),
    await one("settings are set for a day", "expired", { ...set, exp: NOW + 86_400 }),
    await one("settings are set from the future", "from_future", { ...set, iat: NOW + 300, exp: NOW + 360 }),
    await one("the camera is to say how it is", "accepted", diagnose),
    await one("a stranger asks how it is", "bad_signature", diagnose, other),
    await one("it is to say it to nobody", "invalid_claims", { ...diagnose, to: undefined }),
    await one("it is to say it to a key for signatures", "invalid_claims", {
      ...diagnose,
      to: { kty: "OKP", crv: "Ed25519", x: operator.x },
    }),
    await one("it is to say it to a point that is on no curve", "invalid_claims", { ...diagnose, to: { ...to, y: x } }),
    await one("a command of a type that is none", "invalid_claims", { type: "identify" }),
  ];
}

async function answers({ signing, stranger }: Keys, report: string): Promise<Vectors["answers"]> {
  const [by, other] = [await readPrivateKey(signing, "signing"), await readPrivateKey(stranger, "signing")];
  const refusal = { v: 1, iss: DEVICE, iat: NOW, code: "busy", because: "another verification is running" };
  const claims = { ...refusal, digest: digest("the refused message") };
  const cancelled = { v: 1, iss: DEVICE, iat: NOW, jti: "cancel-1234", request: "request-1234", digest: claims.digest };
  const [head = "", body = "", signature = ""] = report.split(".");
  const changed = Buffer.from(Buffer.from(body, "base64url").toString().replace("no_match", "match"));
  return [
    { name: "a report", token: report, expect: "report" },
    {
      name: "a report that waits for its receipt",
      token: await sign({ ...reportOf(1, null), receipt: true }, TYPES.report, by),
      expect: "report",
    },
    { name: "a refusal", token: await sign(claims, TYPES.refusal, by), expect: "refusal" },
    { name: "the answer to a cancel", token: await sign(cancelled, TYPES.cancelled, by), expect: "cancelled" },
    { name: "a refusal as the answer to a cancel", token: await sign(claims, TYPES.cancelled, by), expect: "forged" },
    { name: "an edited report", token: `${head}.${changed.toString("base64url")}.${signature}`, expect: "forged" },
    { name: "a report without its signature", token: `${head}.${body}.`, expect: "forged" },
    { name: "a stranger's report", token: await sign(reportOf(1, null), TYPES.report, other), expect: "forged" },
    {
      name: "another camera's name",
      token: await sign({ ...reportOf(1, null), iss: "x" }, TYPES.report, by),
      expect: "forged",
    },
    {
      name: "of another version",
      token: await sign({ ...reportOf(1, null), v: 2 }, TYPES.report, by),
      expect: "forged",
    },
  ];
}

async function chain(signing: JWK): Promise<readonly string[]> {
  const by = await readPrivateKey(signing, "signing");
  const tokens: string[] = [];
  for (let seq = 1; seq <= 4; seq++) {
    const last = tokens.at(-1);
    tokens.push(await sign(reportOf(seq, last === undefined ? null : digest(last)), TYPES.report, by));
  }
  return tokens;
}

function reportOf(seq: number, prev: string | null): ReportClaims {
  return {
    v: CONTRACT_VERSION,
    rid: `00000000-0000-4000-8000-00000000000${seq}`,
    jti: `request-000${seq}`,
    iss: DEVICE,
    iat: NOW + seq,
    seq,
    prev,
    decision: "no_match",
    similarity: 0.1,
    threshold: 0.5,
    fmr: 0.001,
    liveness: 0.99,
    frames: { looked: 6, used: 6 },
    pack: { id: "vector", hash: "vector" },
    software: "0.0.0",
    started: NOW,
    finished: NOW + 1.5,
    clock: { synchronised: true },
  };
}

function chains(tokens: readonly string[]): Vectors["chains"] {
  const [a = "", b = "", c = "", d = ""] = tokens;
  return [
    { name: "whole", tokens, expect: "whole" },
    { name: "one removed", tokens: [a, b, d], expect: "missing 3" },
    { name: "two exchanged", tokens: [a, c, b, d], expect: "reordered" },
    { name: "its latest part", tokens: [b, c, d], expect: "whole" },
  ];
}
