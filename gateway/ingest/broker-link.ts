import { claimedIdentity, readAim, readHealth, readProgress, readStatus } from "../../carrier/answers.ts";
import { type Aim, FIELDS, type Progress, readTopic, topicsOf } from "../../protocol/messages/contract.ts";
import {
  type BrokerError,
  type MessageHandler,
  type MqttClient,
  type Outgoing,
  openMqttClient,
  type Tls,
} from "../../protocol/mqtt/client.ts";
import type { Announced } from "../register/known-announcements.ts";
import type { Announcement } from "./announcements.ts";
import { filterOf, type Share, takes } from "./share.ts";

/** Options of the connections to the broker. */
export interface BrokerLinkOptions {
  readonly url: URL;
  readonly also?: readonly URL[];
  readonly tls?: Tls | undefined;
  /** The client name of this process. The broker keeps reports under this name while the process is away. */
  readonly name: string;
  readonly topics: string;
  readonly share: Share;
}

/** Receives the messages of the broker. */
export interface BrokerMessages {
  /** A message on a report topic. The message is acknowledged when the promise resolves. */
  report(device: string, payload: Uint8Array): Promise<void>;
  /** A message with the identity, status or health of the camera that owns the topic. */
  announced(announcement: Announcement): Promise<void>;
  progress(device: string, progress: Progress): void;
  aim(device: string, aim: Aim): void;
  /** The broker delivers all that the connection subscribed to. */
  connected(connection: ConnectionName): void;
  /** The connection is lost, or the broker refuses a subscription. */
  lost(connection: ConnectionName, error: BrokerError): void;
}

/**
 * `reports` is a persistent session that receives only reports, so that a flood of retained messages cannot push a report out of
 * the broker's queue. `register` receives everything else.
 */
export type ConnectionName = "reports" | "register";

/** The two connections of a gateway to its broker. */
export interface BrokerLink extends AsyncDisposable {
  /** Starts to connect. Call it once. */
  start(messages: BrokerMessages): void;
  /** Resolves when the broker has the message. Throws BrokerError. */
  publish(message: Outgoing): Promise<void>;
}

/** Session expiry: longer than any outage that stays unnoticed. */
const SESSION_SECONDS = 7 * 86_400;

export function openBrokerLink(options: BrokerLinkOptions): BrokerLink {
  const { topics, share } = options;
  const { report, identity, status, health, progress, aim } = topicsOf(topics, "+");
  const from = (topic: string) => {
    const read = readTopic(topics, topic);
    return read && FIELDS.device.safeParse(read.device).success && takes(share, read.device) ? read : undefined;
  };
  const reports = openClient(options, "reports", [filterOf(share, report)]);
  // Every process subscribes to progress and aims, because the client that shows them may be connected to any process.
  const announced = [...[identity, status, health].map((topic) => filterOf(share, topic)), progress, aim];
  const register = openClient(options, "register", announced);
  return {
    start(messages) {
      start(reports, "reports", messages, async (topic, payload) => {
        const read = from(topic);
        if (read) await messages.report(read.device, payload);
      });
      start(register, "register", messages, async (topic, payload, _reply, retained) => {
        const read = readTopic(topics, topic);
        if (read?.channel === "progress") return takeProgress(messages, read.device, payload);
        if (read?.channel === "aim") return takeAim(messages, read.device, payload);
        if (from(topic) && read) await takeAnnounced(messages, { ...read, payload, retained });
      });
    },
    publish: (message) => register.publish(message),
    async [Symbol.asyncDispose]() {
      await Promise.all([reports[Symbol.asyncDispose](), register[Symbol.asyncDispose]()]);
    },
  };
}

function openClient(
  { url, also = [], tls, name }: BrokerLinkOptions,
  connection: ConnectionName,
  subscribe: readonly string[],
): MqttClient {
  const sessionSeconds = connection === "reports" ? SESSION_SECONDS : 0;
  return openMqttClient({
    url,
    also,
    clientId: `${name}-${connection}`,
    subscribe,
    sessionSeconds,
    ...(tls ? { tls } : {}),
  });
}

function start(
  client: MqttClient,
  connection: ConnectionName,
  messages: BrokerMessages,
  message: MessageHandler,
): void {
  client.start({
    // A connection on which the broker delivers nothing is none for the gateway.
    connected: () => undefined,
    granted: () => messages.connected(connection),
    lost: (error) => messages.lost(connection, error),
    denied: (error) => messages.lost(connection, error),
    message,
  });
}

function takeProgress(messages: BrokerMessages, device: string, payload: Uint8Array): void {
  const progress = readProgress(payload);
  if (progress) messages.progress(device, progress);
}

function takeAim(messages: BrokerMessages, device: string, payload: Uint8Array): void {
  const aim = readAim(payload);
  if (aim) messages.aim(device, aim);
}

interface AnnouncedMessage {
  readonly device: string;
  readonly channel: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

async function takeAnnounced(messages: BrokerMessages, message: AnnouncedMessage): Promise<void> {
  const { device, payload, retained } = message;
  const announced = readAnnounced(message);
  if (announced?.content.device === device) await messages.announced({ announced, payload, retained });
}

/** Parses an announcement without a check of its proof; the proof is checked if the announcement is new. */
function readAnnounced({ channel, payload, device }: AnnouncedMessage): Announced | undefined {
  if (channel === "status") return announcement("status", readStatus(payload));
  if (channel === "health") return announcement("health", readHealth(payload));
  return announcement("identity", claimedIdentity(payload, device));
}

function announcement<K extends Announced["kind"]>(
  kind: K,
  content: Extract<Announced, { kind: K }>["content"] | undefined,
) {
  return content && ({ kind, content } as Extract<Announced, { kind: K }>);
}
