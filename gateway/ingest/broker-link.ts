import { readAim, readHealth, readIdentity, readProgress, readStatus } from "../../carrier/answers.ts";
import {
  type Aim,
  FIELDS,
  type Identity,
  type Progress,
  readTopic,
  type Status,
  topicsOf,
} from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import {
  type BrokerError,
  type MqttClient,
  type Outgoing,
  openMqttClient,
  type Tls,
} from "../../protocol/mqtt/client.ts";
import { filterOf, type Share, takes } from "./share.ts";

/** How this process connects to the broker. */
export interface BrokerLinkOptions {
  readonly url: URL;
  readonly also?: readonly URL[];
  readonly tls?: Tls | undefined;
  /** The name of this process at the broker: with it, the broker keeps reports for it while it is away. */
  readonly name: string;
  readonly topics: string;
  readonly share: Share;
}

/** What comes from the broker. */
export interface BrokerMessages {
  /** A message on a topic of reports. It is acknowledged when this resolves. */
  report(device: string, payload: Uint8Array): Promise<void>;
  identity(identity: Identity): Promise<void>;
  status(status: Status): Promise<void>;
  health(health: Health): Promise<void>;
  progress(device: string, progress: Progress): void;
  aim(device: string, aim: Aim): void;
  connected(connection: ConnectionName): void;
  lost(connection: ConnectionName, error: BrokerError): void;
}

/**
 * `reports` is a lasting session that nothing else is sent to, so that a flood of retained messages cannot push a report
 * out of the broker's queue. `register` has everything else.
 */
export type ConnectionName = "reports" | "register";

/** The two connections of a gateway to its broker. */
export interface BrokerLink extends AsyncDisposable {
  /** Begins to connect; called once. */
  start(messages: BrokerMessages): void;
  /** Resolves when the broker has the message. Throws BrokerError. */
  publish(message: Outgoing): Promise<void>;
}

/** Longer than any outage that nobody notices. */
const SESSION_SECONDS = 7 * 86_400;

export function openBrokerLink(options: BrokerLinkOptions): BrokerLink {
  const { topics, share } = options;
  const { report, identity, status, health, progress, aim } = topicsOf(topics, "+");
  const from = (topic: string) => {
    const read = readTopic(topics, topic);
    return read && FIELDS.device.safeParse(read.device).success && takes(share, read.device) ? read : undefined;
  };
  const reports = openClient(options, "reports", [filterOf(share, report)]);
  // Progress and aims go to every process, because the shop that wants to see them may be connected to any.
  const announced = [...[identity, status, health].map((topic) => filterOf(share, topic)), progress, aim];
  const register = openClient(options, "register", announced);
  return {
    start(messages) {
      start(reports, "reports", messages, async (topic, payload) => {
        const read = from(topic);
        if (read) await messages.report(read.device, payload);
      });
      start(register, "register", messages, async (topic, payload) => {
        const read = readTopic(topics, topic);
        if (read?.channel === "progress") return takeProgress(messages, read.device, payload);
        if (read?.channel === "aim") return takeAim(messages, read.device, payload);
        if (from(topic) && read) await takeAnnounced(messages, read.device, read.channel, payload);
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
  message: (topic: string, payload: Uint8Array) => Promise<void>,
): void {
  client.start({
    connected: () => messages.connected(connection),
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

async function takeAnnounced(
  messages: BrokerMessages,
  device: string,
  channel: string,
  payload: Uint8Array,
): Promise<void> {
  if (channel === "status") {
    const status = readStatus(payload);
    if (status?.device === device) await messages.status(status);
  }
  if (channel === "health") {
    const health = readHealth(payload);
    if (health?.device === device) await messages.health(health);
  }
  if (channel === "identity") {
    const identity = await readIdentity(payload, device);
    if (identity) await messages.identity(identity);
  }
}
