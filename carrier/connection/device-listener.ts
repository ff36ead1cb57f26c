import { FIELDS, readTopic } from "../../protocol/messages/contract.ts";
import type { MqttClient } from "../../protocol/mqtt/client.ts";
import { isChannel, issuerOf, MESSAGE_BYTES } from "../answers.ts";
import { type Deferred, deferred, openWaiters } from "./deferred.ts";
import { type ListenedDevice, type ListenerEvents, newDevice, type Receiver, receive } from "./listened-device.ts";

/** What was received from all devices. */
export interface DeviceListener {
  readonly connected: Deferred<true>;
  /** Why nothing is received, in words; empty when nothing is wrong. */
  readonly trouble: () => string;
  of(device: string): ListenedDevice;
  /** Ends everything that still waits for a device, now and later. */
  end(error: Error): void;
}

export interface ListenerOptions {
  readonly template: string;
  /** The thumbprint that a device's signing key must have, if one is pinned. */
  readonly pinOf: (device: string) => string | undefined;
  /** The topic of this process for answers of all devices, if there is one. */
  readonly replyTopic?: string | undefined;
  readonly events?: ListenerEvents;
}

/** A broker can invent any number of names, and each costs memory. */
const MOST_DEVICES = 20_000;

/** Starts to listen. Retained messages are kept; the others go to the listeners. */
export function listenToDevices(broker: MqttClient, options: ListenerOptions): DeviceListener {
  const { template, pinOf, replyTopic, events } = options;
  const devices = new Map<string, Receiver>();
  const early = { bytes: 0 };
  const waiters = openWaiters();
  const connected = deferred<true>();
  let trouble = "";
  const of = (name: string) => {
    const known = devices.get(name) ?? newDevice({ name, pin: pinOf(name), early, waiters, events });
    devices.set(name, known);
    return known;
  };
  const fail = (error: Error) => {
    trouble = error.message;
    events?.lost(error);
  };
  broker.start({
    connected() {
      connected.fill(true);
      trouble = "";
    },
    lost: fail,
    denied: fail,
    granted() {
      trouble = "";
    },
    message(topic, payload) {
      if (topic === replyTopic) return receiveReply(devices, payload, events);
      const from = readTopic(template, topic);
      if (!from || !isChannel(from.channel) || !FIELDS.device.safeParse(from.device).success) return;
      if (!devices.has(from.device) && devices.size >= MOST_DEVICES) return;
      return receive(of(from.device), from.channel, payload);
    },
  });
  return { connected, trouble: () => trouble, of, end: waiters.end };
}

/** Any camera may write to this topic, so a name that is unknown from its own topics is not remembered. */
async function receiveReply(
  devices: ReadonlyMap<string, Receiver>,
  payload: Uint8Array,
  events: ListenerEvents | undefined,
): Promise<void> {
  const known = payload.length <= MESSAGE_BYTES.reply ? devices.get(issuerOf(payload)) : undefined;
  if (known) await receive(known, "reply", payload);
  else events?.unattributed("it is larger than a report, or names no known device");
}
