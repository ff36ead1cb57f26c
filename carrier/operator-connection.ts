import { randomUUID } from "node:crypto";
import {
  type AnswerClaims,
  answerSchema,
  type CommandClaims,
  type ReportedClaims,
  reportedSchema,
} from "../protocol/command-contract.ts";
import { CONTRACT_VERSION, type Identity, type Status, type Topics, TYPES } from "../protocol/contract.ts";
import { type Health, healthSchema } from "../protocol/metrics.ts";
import type { MqttClient } from "../protocol/mqtt/client.ts";
import { digest, type PrivateKey, readKeySet, sign, verifyWithKeySet } from "../protocol/tokens.ts";
import { readIdentity, readStatus } from "./answers.ts";
import { type Deferred, deferred } from "./deferred.ts";
import { CarrierError } from "./errors.ts";

/** What an operator may ask, without what every message carries. */
export type Command = CommandClaims extends infer T
  ? T extends CommandClaims
    ? Omit<T, "v" | "jti" | "iss" | "aud" | "iat" | "exp">
    : never
  : never;

/** Whom the line leads to, and how their answers are known. */
export interface To {
  readonly device: string;
  readonly issuer?: string;
  readonly pinned?: string;
}

const PROVEN_WITHIN_MS = 10_000;
const LIFETIME_SECONDS = 300;

export interface Heard {
  readonly connected: Deferred<true>;
  readonly identity: Deferred<Identity>;
  readonly status: Deferred<Status>;
  readonly reported: Deferred<ReportedClaims>;
  readonly health: Deferred<Health>;
  readonly listeners: Set<(answer: AnswerClaims) => void>;
  readonly trouble: () => string;
}

/** The way to one camera and back. */
export interface OperatorConnection {
  readonly broker: MqttClient;
  readonly topics: Topics;
  readonly heard: Heard;
  readonly key: PrivateKey;
  readonly to: To;
  readonly identity: () => Promise<Identity>;
}

/** Starts to listen to one camera; what is not signed by it is nobody's answer. */
export function hear(broker: MqttClient, topics: Topics, { device, pinned }: To): Heard {
  const [connected, identity, status] = [deferred<true>(), deferred<Identity>(), deferred<Status>()];
  const [reported, health] = [deferred<ReportedClaims>(), deferred<Health>()];
  const listeners = new Set<(answer: AnswerClaims) => void>();
  let trouble = "";
  /** What is signed waits for the identity that proves it; a broker sends what is retained in no certain order. */
  const proven = async (token: string, typ: string) => {
    const from = await identity.within(PROVEN_WITHIN_MS, () => new Error("no identity"));
    return verifyWithKeySet(token, typ, await readKeySet(from.signing));
  };
  const readers: Readonly<Record<string, (payload: string) => Promise<void>>> = {
    async [topics.identity](payload) {
      const read = await readIdentity(payload, device);
      const right = read && (pinned === undefined || (pinned === read.signing.kid && read.proof !== undefined));
      if (right) identity.fill(read);
      else trouble = "its identity is not the one that was pinned, or is damaged";
    },
    async [topics.status](payload) {
      const read = readStatus(payload);
      if (read?.device === device) status.fill(read);
    },
    async [topics.health](payload) {
      const read = healthSchema.parse(JSON.parse(payload));
      if (read.device === device) health.fill(read);
    },
    async [topics.reported](payload) {
      const claims = reportedSchema.parse(await proven(payload, TYPES.reported));
      if (claims.iss === device) reported.fill(claims);
    },
    async [topics.answer](payload) {
      const claims = answerSchema.parse(await proven(payload, TYPES.answer));
      if (claims.iss === device) for (const listener of listeners) listener(claims);
    },
  };
  const noted = (error: Error) => {
    trouble = error.message;
  };
  broker.start({
    connected: () => connected.fill(true),
    lost: noted,
    denied: noted,
    message: (topic, bytes) => void readers[topic]?.(Buffer.from(bytes).toString("utf8")).catch(noted),
  });
  return { connected, identity, status, reported, health, listeners, trouble: () => trouble };
}

/** The next answer to a message, by its digest; `poke` is done once somebody listens. */
export async function answered(
  { heard: { listeners } }: OperatorConnection,
  mark: string,
  withinMs: number,
  poke: () => Promise<void>,
): Promise<AnswerClaims | undefined> {
  const next = deferred<AnswerClaims>();
  const listener = (answer: AnswerClaims) => {
    if (answer.digest === mark) next.fill(answer);
  };
  listeners.add(listener);
  try {
    await poke();
    return await next.within(withinMs, () => new CarrierError("no_answer", "late")).catch(() => undefined);
  } finally {
    listeners.delete(listener);
  }
}

/** A command as it is sent, and the mark of its answer. */
export async function prepare({ key, to }: OperatorConnection, command: Command) {
  const iat = Math.floor(Date.now() / 1000);
  const { device: aud, issuer: iss = "operator" } = to;
  const claims = { v: CONTRACT_VERSION, jti: randomUUID(), iss, aud, iat, exp: iat + LIFETIME_SECONDS, ...command };
  const token = await sign(claims, TYPES.command, key);
  return { token, mark: digest(token) };
}

export function publish({ broker }: OperatorConnection, topic: string, payload: string | Buffer): Promise<void> {
  return broker.publish({ topic, payload, qos: 1, retain: false, expirySeconds: LIFETIME_SECONDS });
}
