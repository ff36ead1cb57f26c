import { CompactSign, UnsecuredJWT } from "jose";
import { digest, encrypt, generatePrivateJwk, type JWK, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { CONTRACT_VERSION, type RefusalCode, type ReportClaims, TYPES } from "../../protocol/messages/contract.ts";
import { claimsOf, sealed } from "./requests.ts";

/** When the vectors are read, seconds since 1970: their requests are fresh for ever at this time. */
const NOW = 1_800_000_000;
const DEVICE = "vector-camera";

/** docs/vectors/vectors.json: keys made for the purpose, tokens, and what must come of them. */
export interface Vectors {
  readonly note: string;
  readonly now: number;
  readonly device: string;
  readonly keys: Readonly<Record<"carrier" | "signing" | "sealing" | "stranger", JWK>>;
  readonly requests: readonly {
    readonly name: string;
    readonly message: string;
    readonly expect: "accepted" | RefusalCode;
  }[];
  readonly answers: readonly {
    readonly name: string;
    readonly token: string;
    readonly expect: "report" | "refusal" | "cancelled" | "forged";
  }[];
  /** Names of chains of report tokens, and what is wrong with each. */
  readonly chains: readonly { readonly name: string; readonly tokens: readonly string[]; readonly expect: string }[];
}

export async function makeVectors(): Promise<Vectors> {
  const keys = {
    carrier: await generatePrivateJwk("signing"),
    signing: await generatePrivateJwk("signing"),
    sealing: await generatePrivateJwk("sealing"),
    stranger: await generatePrivateJwk("signing"),
  };
  const note = "These private keys are published: they prove nothing anywhere else.";
  const reports = await chain(keys.signing);
  return {
    note,
    now: NOW,
    device: DEVICE,
    keys,
    requests: await requests(keys),
    answers: await answers(keys, reports[0] ?? ""),
    chains: chains(reports),
  };
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

async function answers({ signing, stranger }: Keys, report: string): Promise<Vectors["answers"]> {
  const [by, other] = [await readPrivateKey(signing, "signing"), await readPrivateKey(stranger, "signing")];
  const refusal = { v: 1, iss: DEVICE, iat: NOW, code: "busy", because: "another verification is running" };
  const claims = { ...refusal, digest: digest("the refused message") };
  const cancelled = { v: 1, iss: DEVICE, iat: NOW, jti: "cancel-1234", request: "request-1234", digest: claims.digest };
  const [head = "", body = "", signature = ""] = report.split(".");
  const changed = Buffer.from(Buffer.from(body, "base64url").toString().replace("no_match", "match"));
  return [
    { name: "a report", token: report, expect: "report" },
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
