import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { openSerialiser } from "../../protocol/common/serialiser.ts";
import { digest, type JWK, readKeySet, sign } from "../../protocol/encoding/tokens.ts";
import type { AnswerClaims, CommandClaims, ReportedConfig } from "../../protocol/messages/command-contract.ts";
import { DEFAULT_TOPICS, TYPES, topicsOf } from "../../protocol/messages/contract.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { CommandRefusal, readCommand } from "../../protocol/readers/command-reader.ts";
import { type SigningDevice, signingDevice } from "./signing-device.ts";

/** A camera's end of the contract without the camera: it obeys its operator, and reports verifications that nobody asked for. */
export interface ObedientCamera extends AsyncDisposable {
  readonly name: string;
  active(): string;
  config(): Readonly<Record<string, string>>;
  /** The types of the commands that it carried out. */
  done(): readonly CommandClaims["type"][];
}

export interface ObedientOptions {
  readonly brokerUrl: URL;
  readonly name: string;
  readonly operator: JWK;
  readonly everyMs: number;
  /** How a verification ends with this pack and these settings. */
  readonly decide: (pack: string, config: Readonly<Record<string, string>>) => "match" | "inconclusive";
  /** Packs that it refuses to put into force. */
  readonly refuses?: readonly string[];
}

const RELEASE = "a".repeat(64);

/** What is in force, and what a command does to it. */
function openState(refuses: readonly string[]) {
  let [active, previous]: [string, string | null] = [RELEASE, null];
  const ready = new Set<string>();
  const set = new Map<string, string>();
  const activate = (hash: string, jti: string) => {
    if (!ready.has(hash)) throw new CommandRefusal("unknown_pack", hash, jti);
    if (refuses.includes(hash)) throw new CommandRefusal("worse_than_card", "", jti);
    [previous, active] = [active, hash];
  };
  const rollBack = () => {
    [previous, active] = [active, previous ?? active];
  };
  const timeout = (): ReportedConfig[string] => {
    const value = set.get("MATCHLIGHT_TIMEOUT_MS");
    return value === undefined ? { value: "10000", from: "default" } : { value, from: "command" };
  };
  return {
    active: () => active,
    config: () => Object.fromEntries(set),
    inForce: () => ({
      config: { MATCHLIGHT_TIMEOUT_MS: timeout() },
      packs: {
        active: { id: "test", hash: active, from: active === RELEASE ? ("release" as const) : ("command" as const) },
        previous: previous === RELEASE ? "release" : previous,
        ready: [...ready],
      },
    }),
    obey(claims: CommandClaims) {
      switch (claims.type) {
        case "pack_offer":
          return void ready.add(JSON.parse(claimsOf(claims.pack)).hash);
        case "pack_activate":
          return activate(claims.hash, claims.jti);
        case "pack_rollback":
          return rollBack();
        case "config_set":
          return Object.entries(claims.set).forEach(([key, value]) => void set.set(key, value));
        case "config_reset":
          return (claims.names ?? [...set.keys()]).forEach((key) => void set.delete(key));
      }
    },
  };
}

export async function openObedientCamera(options: ObedientOptions): Promise<ObedientCamera> {
  const { brokerUrl, name, decide, refuses = [] } = options;
  const device = await signingDevice(name);
  const { d: _, ...publicKey } = options.operator;
  const operator = await readKeySet(publicKey);
  const topics = topicsOf(DEFAULT_TOPICS, name);
  const state = openState(refuses);
  const done = new Map<string, CommandClaims["type"]>();
  const broker = openMqttClient({ url: brokerUrl, clientId: name, subscribe: [topics.command] });
  const publish = (topic: string, payload: string, retain: boolean) =>
    broker.publish({ topic, payload, qos: 1, retain }).catch(() => undefined);
  const report = async () => {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { v: 1, iss: name, iat, software: "0", ...state.inForce() };
    await publish(topics.reported, await sign(claims, TYPES.reported, device.signing), true);
  };
  const endingOf = async (message: Uint8Array): Promise<Pick<AnswerClaims, "outcome" | "code" | "because">> => {
    try {
      const reader = { device: name, operator, publisher: undefined };
      const claims = await readCommand(message, { ...reader, clock: { wallMs: Date.now }, clockIsSet: () => true });
      if (!done.has(claims.jti)) state.obey(claims);
      done.set(claims.jti, claims.type);
      return { outcome: "done" };
    } catch (error) {
      if (!(error instanceof CommandRefusal)) throw error;
      return { outcome: "refused", code: error.code, because: error.message };
    }
  };
  const carryOut = async (message: Uint8Array) => {
    const claims = { ...(await endingOf(message)), digest: digest(message), ...state.inForce() };
    await publish(topics.answer, await device.answer(claims), false);
    await report();
  };
  const inTurn = openSerialiser();
  const connected = new AbortController();
  broker.start({
    connected: () => connected.abort(),
    lost: () => undefined,
    message: (_topic, payload) => inTurn(() => carryOut(payload)),
  });
  if (!connected.signal.aborted) await once(connected.signal, "abort");
  await publish(topics.identity, JSON.stringify(device.identity), true);
  await publish(topics.status, JSON.stringify({ v: 1, device: name, state: "ready", faults: [] }), true);
  await report();
  const verify = openReports(device, async (token) => publish(topics.report, token, false));
  const verifying = setInterval(
    () => void inTurn(() => verify(state.active(), decide(state.active(), state.config()))),
    options.everyMs,
  );
  return {
    name,
    active: state.active,
    config: state.config,
    done: () => [...done.values()],
    async [Symbol.asyncDispose]() {
      clearInterval(verifying);
      await broker[Symbol.asyncDispose]();
    },
  };
}

/** Reports of one chain. */
function openReports(device: SigningDevice, publish: (token: string) => Promise<unknown>) {
  let seq = 0;
  let prev: string | null = null;
  return async (hash: string, decision: "match" | "inconclusive") => {
    const why = decision === "match" ? {} : { reason: "timeout" };
    const told = { jti: randomUUID(), seq: ++seq, prev, decision, pack: { id: "test", hash }, ...why };
    const token: string = await device.report(told);
    prev = digest(token);
    await publish(token);
  };
}

const claimsOf = (token: string) => Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
