import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { Test } from "tap";
import { type Gateway, openGateway } from "../../gateway/gateway.ts";
import { AUDIENCE } from "../../gateway/http/access.ts";
import { openLog } from "../../gateway/process/log.ts";
import { loadCarrierKey, loadTokenKey } from "../../gateway/settings/keys.ts";
import { readSettings } from "../../gateway/settings/settings.ts";
import { type JWK, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { startTestBroker, type TestBroker } from "./broker.ts";
import { startPostgres } from "./postgres.ts";

/** A gateway between a real broker and a real database, for one test file. */
export interface GatewayStage {
  readonly gateway: Gateway;
  readonly broker: TestBroker;
  readonly databaseUrl: string;
  /** The carrier's private key. */
  readonly key: JWK;
  readonly environment: Readonly<Record<string, string>>;
  /** Everything that the gateway has logged. */
  readonly log: () => string;
  /** A token with a scope; `claims` replaces what it says. */
  token(scope: string, claims?: object): Promise<string>;
  /** Asks over HTTP with a token of the scope. */
  ask(path: string, scope: string, init?: RequestInit): Promise<Response>;
}

export async function setGatewayStage(t: Test, own: Readonly<Record<string, string>> = {}): Promise<GatewayStage> {
  const broker = await startTestBroker();
  t.teardown(() => broker[Symbol.asyncDispose]());
  const postgres = await startPostgres();
  if (postgres) t.teardown(() => postgres[Symbol.asyncDispose]());
  const data = await mkdtemp(join(tmpdir(), "matchlight-gateway-"));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  const environment = {
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DATABASE_URL: postgres?.url.href ?? "embedded",
    MATCHLIGHT_GATEWAY_DATA: data,
    MATCHLIGHT_GATEWAY_PORT: "0",
    MATCHLIGHT_GATEWAY_RATE: "1000",
    MATCHLIGHT_LOG_LEVEL: "debug",
    ...own,
  };
  const settings = readSettings(environment);
  const lines: string[] = [];
  const out = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const gateway = await openGateway(settings, openLog("debug", "test", out));
  t.teardown(() => gateway[Symbol.asyncDispose]());
  const tokenKey = await readPrivateKey(await loadTokenKey(settings), "signing");
  const token = (scope: string, claims: object = {}) => {
    const exp = Math.floor(Date.now() / 1000) + 600;
    return sign({ sub: "test", aud: AUDIENCE, scope, exp, ...claims }, "JWT", tokenKey);
  };
  return {
    gateway,
    broker,
    databaseUrl: environment.MATCHLIGHT_DATABASE_URL,
    key: await loadCarrierKey(settings),
    environment,
    log: () => lines.join(""),
    token,
    async ask(path, scope, init = {}) {
      const headers = { authorization: `Bearer ${await token(scope)}`, ...(init.headers as Record<string, string>) };
      return fetch(new URL(path, gateway.url), { ...init, headers });
    },
  };
}

/** What a POS sends: JSON with the photo in base64. */
export function verificationRequest(
  photo: Uint8Array,
  id: string = randomUUID(),
): RequestInit & { readonly id: string } {
  const consent = { id: "consent-1", at: Math.floor(Date.now() / 1000), notice: "notice-1" };
  const body = { photo: Buffer.from(photo).toString("base64"), purpose: "test", consent };
  const headers = { "content-type": "application/json", "idempotency-key": id };
  return { id, method: "POST", headers, body: JSON.stringify(body) };
}

/** Something with the beginning of a JPEG; synthetic cameras look no closer. */
export function fakePhoto(bytes = 4_000): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(bytes, 0x5a)]);
}
