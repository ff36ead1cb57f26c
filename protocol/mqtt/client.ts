import { setTimeout as sleep } from "node:timers/promises";
import { BACKOFF, type Backoff, spreadOver } from "../common/backoff.ts";
import { retry } from "../common/retry.ts";
import {
  BrokerError,
  type BrokerErrorCode,
  type Connection,
  type ConnectionOptions,
  type MessageHandler,
  type Outgoing,
  openConnection,
  type Protocol,
} from "./connection.ts";
import { keepSubscriptions, type Probe, type Subscriptions } from "./subscriptions.ts";

export {
  BrokerError,
  type BrokerErrorCode,
  type MessageHandler,
  type Outgoing,
  type Protocol,
  type Reply,
} from "./connection.ts";

import type { Tls } from "./socket.ts";

export type { Tls } from "./socket.ts";
export type { Probe } from "./subscriptions.ts";

export interface MqttClientOptions extends ConnectionOptions {
  readonly subscribe: readonly string[];
  /**
   * A subscription to which a message of our own is sent to see whether it comes back: some brokers grant one that their
   * rules forbid, or that they do not know, and then deliver nothing.
   */
  readonly probe?: Probe;
  readonly backoff?: Backoff;
  /** Further addresses of the same broker. They are tried in turn, from any of them on, so that a fleet is spread over all. */
  readonly also?: readonly URL[];
  /** Where a whole fleet may lose its broker at the same moment: over how long the first attempts are spread then. */
  readonly spreadMs?: number;
  /** Instead of `tls`, asked before each attempt to connect: certificates change. */
  readonly currentTls?: () => Tls | undefined;
}

/** What the client reports to its owner. None of these may throw. */
export interface MqttClientEvents {
  /** Connected, and every subscription asked for. */
  connected(protocol: Protocol): void;
  /** Not connected any more, or not at first. Told once until it is connected again, and when the reason is another. */
  lost(error: BrokerError): void;
  /** The broker does not deliver what we subscribed to. Told once until `granted`. */
  denied?(error: BrokerError): void;
  /** What was denied is allowed now. */
  granted?(): void;
  message: MessageHandler;
}

/**
 * A connection that is kept: lost or refused, it is tried again for ever, waiting longer each time up to a bound. It
 * queues nothing: `publish` rejects with BrokerError while there is no connection, and resolves when the message was
 * handed to the socket (QoS 0) or acknowledged by the broker (QoS 1).
 */
export interface MqttClient extends AsyncDisposable {
  /** Begins to connect; called once. */
  start(events: MqttClientEvents): void;
  publish(message: Outgoing): Promise<void>;
  /** Ends the connection, and makes another one at once. */
  reconnect(): Promise<void>;
}

const CLOSE_WITHIN_MS = 2_000;
/** A connection that ends sooner was none: two devices of one name throw each other out for ever. */
const HELD_AFTER_MS = 3_000;

/** How an attempt to connect ended, sooner or later. */
interface Ending {
  readonly connected: boolean;
  readonly held: boolean;
  /** Instead of an answer to our CONNECT. */
  readonly hungUp: boolean;
  readonly error: BrokerError;
}

export function openMqttClient(options: MqttClientOptions): MqttClient {
  const stop = new AbortController();
  const urls = [options.url, ...(options.also ?? [])];
  let turn = Math.floor(Math.random() * urls.length);
  let connection: Connection | undefined;
  let reportedCode: BrokerErrorCode | undefined;
  let kept = Promise.resolve();

  const attempt = async (protocol: Protocol, events: MqttClientEvents): Promise<Ending> => {
    let subscriptions: Subscriptions | undefined;
    const url = urls[turn % urls.length] ?? options.url;
    const tls = options.currentTls?.();
    const given = { ...options, url, ...(tls ? { tls } : {}) };
    const opened = openConnection(given, protocol, async (topic, payload, ...more) => {
      // What waited at the broker comes before it confirms the subscriptions, and may be answered.
      connection ??= opened;
      if (!subscriptions?.isProbe(payload)) await events.message(topic, payload, ...more);
    });
    const hangUp = () => void opened.close();
    stop.signal.addEventListener("abort", hangUp, { once: true });
    try {
      subscriptions = keepSubscriptions(opened, options, events);
      await subscriptions.asked;
      const sinceMs = performance.now();
      connection = opened;
      events.connected(protocol);
      const error = await opened.lost;
      return { connected: true, held: performance.now() - sinceMs > HELD_AFTER_MS, hungUp: false, error };
    } catch (error) {
      await opened.close();
      return { connected: false, held: false, hungUp: opened.hungUp(), error: error as BrokerError };
    } finally {
      connection = undefined;
      stop.signal.removeEventListener("abort", hangUp);
    }
  };

  let protocol: Protocol = 5;
  const eitherVersion = async (events: MqttClientEvents): Promise<Ending> => {
    const ending = await attempt(protocol, events);
    if (!speaksAnother(ending)) return ending;
    protocol = protocol === 5 ? 4 : 5;
    return attempt(protocol, events);
  };
  const keep = async (events: MqttClientEvents) => {
    for await (const { succeeded } of retry({ ...(options.backoff ?? BACKOFF), signal: stop.signal })) {
      const ending = await eitherVersion(events);
      turn++;
      if (ending.held) succeeded(options.spreadMs === undefined ? undefined : spreadOver(options.spreadMs));
      if (!stop.signal.aborted) report(ending, events);
    }
  };
  /** Reports a loss, and of attempts that fail the first, and each that fails for another reason. */
  const report = ({ connected, error }: Ending, events: MqttClientEvents) => {
    if (connected || error.code !== reportedCode) events.lost(error);
    reportedCode = error.code;
  };

  return {
    start(events) {
      kept = keep(events);
    },
    async publish(message) {
      if (!connection) throw new BrokerError("unreachable", "there is no connection to the broker");
      await connection.publish(message);
    },
    async reconnect() {
      await connection?.close();
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      // A timer that is left over must not keep a process alive that has nothing else to do.
      await Promise.race([kept, sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}

/**
 * Some brokers refuse a version of MQTT that they do not speak, others hang up. The other version is tried at once; the one
 * that works is kept.
 */
function speaksAnother({ error, hungUp }: Ending): boolean {
  return error.code === "unsupported" || hungUp;
}
