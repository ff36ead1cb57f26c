import { atMost } from "../../../protocol/common/disposable-stack.ts";
import { LIMITS, type Topics, topicsOf } from "../../../protocol/messages/contract.ts";
import { isReplyTopic } from "../../../protocol/messages/topics.ts";
import {
  type MqttClient,
  type MqttClientOptions,
  type Outgoing,
  openMqttClient,
} from "../../../protocol/mqtt/client.ts";
import { type Ledger, openLedger } from "../../messaging/ledger.ts";
import { lastWill, openPublisher, type Publisher } from "../../messaging/publisher.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Parts } from "../parts.ts";
import type { Context } from "./context.ts";
import type { Credentials } from "./credentials.ts";

export type MessagingSettings = Pick<
  Settings,
  "brokerUrl" | "deviceId" | "topics" | "brokerProbe" | "brokerAlso" | "brokerSpreadMs"
>;

/** The connection to the carrier, and the ledger of accepted requests and their reports. */
export interface Messaging {
  readonly topics: Topics;
  readonly client: MqttClient;
  readonly publisher: Publisher;
  readonly ledger: Ledger;
  /** For messages that are published again on the next connection: a failure is only logged. */
  readonly bestEffort: (what: Promise<void>) => void;
}

const GOODBYE_WITHIN_MS = 1_000;

/** The client is not connected yet: the device starts it when every part is open. */
export function openMessaging(
  settings: MessagingSettings,
  credentials: Credentials,
  { keys, clock, store, chainNote }: Pick<Parts, "keys" | "clock" | "store" | "chainNote">,
  { log, opened }: Context,
): Messaging {
  const topics = topicsOf(settings.topics, settings.deviceId);
  const will = lastWill(topics, settings.deviceId);
  const client = opened.use(openMqttClient(clientOptions(settings, credentials, topics, will)));
  // A broker sends the last will only after a connection that breaks.
  opened.onClose(() =>
    atMost(
      GOODBYE_WITHIN_MS,
      client.publish(will).catch(() => undefined),
    ),
  );
  const publisher = openPublisher({
    broker: client,
    topics,
    repliesTo: (topic) => isReplyTopic(settings.topics, topic),
    device: settings.deviceId,
    signing: keys.signing,
    wallMs: clock.wallMs,
    courtesyFailed: (reason) => log.debug({ event: "copy_unsent", reason }),
  });
  return {
    topics,
    client,
    publisher,
    ledger: openLedger(store, clock.wallMs, chainNote),
    bestEffort: (what) => void what.catch((error) => log.debug({ event: "unsent", reason: String(error) })),
  };
}

function clientOptions(
  settings: MessagingSettings,
  { tls, renewable }: Credentials,
  { request, command, chunk, approval }: Topics,
  will: Outgoing,
): MqttClientOptions {
  return {
    url: settings.brokerUrl,
    also: settings.brokerAlso,
    spreadMs: settings.brokerSpreadMs,
    clientId: settings.deviceId,
    // Brokers of cameras that were provisioned by hand need not know the topic of renewals.
    subscribe: renewable ? [request, command, chunk, approval] : [request, command, chunk],
    will,
    sessionSeconds: LIMITS.lifetimeSeconds,
    ...(settings.brokerProbe === "on" ? { probe: { topic: request, filter: request } } : {}),
    currentTls: tls,
  };
}
