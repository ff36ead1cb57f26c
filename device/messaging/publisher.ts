import { type PrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import type { AnswerClaims, ReportedClaims } from "../../protocol/messages/command-contract.ts";
import {
  type Aim,
  type CancelClaims,
  type CancelledClaims,
  CONTRACT_VERSION,
  type Identity,
  LIMITS,
  type Progress,
  type RefusalClaims,
  type Status,
  type Topics,
  TYPES,
} from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import type { MqttClient, Outgoing, Reply } from "../../protocol/mqtt/client.ts";
import type { Refusal } from "../../protocol/readers/request-reader.ts";
import type { StoredReport } from "./ledger.ts";

/** Publishes the device's messages on their topics. All except `report` are dropped while it is offline. */
export interface Publisher {
  /** Resolves when the broker has it. */
  report(report: Pick<StoredReport, "token" | "reply">): Promise<void>;
  refuse(refusal: Refusal, asked: Asked): Promise<void>;
  /** Confirms a cancel that had an effect. */
  cancelled(cancel: CancelClaims, asked: Asked): Promise<void>;
  progress(progress: Progress): Promise<void>;
  aim(aim: Aim): Promise<void>;
  status(status: Status): Promise<void>;
  identity(identity: Identity): Promise<void>;
  /** Answers a command; signed. */
  commandAnswer(claims: AnswerClaims): Promise<void>;
  /** The configuration and packs in force; signed, retained. */
  reported(claims: ReportedClaims): Promise<void>;
  health(health: Health): Promise<void>;
}

/** What an answer needs of a message: its digest, and where its sender waits. The message itself may be large. */
export interface Asked {
  readonly digest: string;
  readonly reply: Reply;
}

interface PublisherParts {
  readonly broker: MqttClient;
  readonly topics: Topics;
  /** Whether a request may name this topic for its answer. */
  readonly repliesTo: (topic: string) => boolean;
  readonly device: string;
  readonly signing: PrivateKey;
  readonly wallMs: () => number;
  /** Called when an answer could not be sent to the topic that its request named. */
  readonly courtesyFailed: (reason: string) => void;
}

/** A hint is useless after this time. */
const PROGRESS_SECONDS = 5;

function fleeting(topic: string, data: object): Outgoing {
  return { topic, payload: JSON.stringify(data), qos: 0, retain: false, expirySeconds: PROGRESS_SECONDS };
}

export function openPublisher({
  broker,
  topics,
  repliesTo,
  device,
  signing,
  wallMs,
  courtesyFailed,
}: PublisherParts): Publisher {
  const courtesy = (error: unknown) => courtesyFailed(String(error));
  /**
   * An answer goes to the report topic, where nothing may be missing. If its sender wishes, it also goes to a topic of the
   * sender. The second one is optional: a broker that denies it must not delay the reports.
   */
  const answer = async (payload: string, reply: Reply = {}, more: Partial<Outgoing> = {}) => {
    const { topic, ...mark } = reply;
    const message = { topic: topics.report, payload, qos: 1, retain: false, reply: mark, ...more } as const;
    await broker.publish(message);
    if (topic && repliesTo(topic)) await broker.publish({ ...message, topic }).catch(courtesy);
  };
  const retained = (topic: string, data: object) => broker.publish(retainedMessage(topic, data));
  return {
    report: ({ token, reply }) => answer(token, reply),
    async refuse({ code, message: because, jti }, { digest, reply }) {
      const known = jti === undefined ? {} : { jti };
      const iat = Math.floor(wallMs() / 1000);
      const claims: RefusalClaims = {
        v: CONTRACT_VERSION,
        iss: device,
        iat,
        code,
        because: because.slice(0, 500),
        digest,
        ...known,
      };
      await answer(await sign(claims, TYPES.refusal, signing), reply, { expirySeconds: LIMITS.lifetimeSeconds });
    },
    async cancelled({ jti, request }, { digest, reply }) {
      const iat = Math.floor(wallMs() / 1000);
      const claims: CancelledClaims = {
        v: CONTRACT_VERSION,
        iss: device,
        iat,
        jti,
        digest,
        request,
      };
      await answer(await sign(claims, TYPES.cancelled, signing), reply, { expirySeconds: LIMITS.lifetimeSeconds });
    },
    progress: (progress) => broker.publish(fleeting(topics.progress, progress)),
    aim: (aim) => broker.publish(fleeting(topics.aim, aim)),
    status: (status) => retained(topics.status, status),
    identity: (identity) => retained(topics.identity, identity),
    async commandAnswer(claims) {
      const payload = await sign(claims, TYPES.answer, signing);
      await broker.publish({
        topic: topics.answer,
        payload,
        qos: 1,
        retain: false,
        expirySeconds: LIMITS.lifetimeSeconds,
      });
    },
    async reported(claims) {
      const payload = await sign(claims, TYPES.reported, signing);
      await broker.publish({ topic: topics.reported, payload, qos: 1, retain: true });
    },
    health: (health) => retained(topics.health, health),
  };
}

/** The broker publishes this for the device when the connection breaks. */
export function lastWill(topics: Topics, device: string): Outgoing {
  const status: Status = { v: CONTRACT_VERSION, device, state: "offline", faults: [] };
  return retainedMessage(topics.status, status);
}

/** A retained message, which new subscribers receive at once. */
export function retainedMessage(topic: string, data: object): Outgoing {
  return { topic, payload: JSON.stringify(data), qos: 1, retain: true };
}
