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

export { credentialsProblem, isBrokerUrl, type Tls, tlsProblem } from "./socket.ts";
export type { Probe } from "./subscriptions.ts";

export interface MqttClientOptions extends ConnectionOptions {
  readonly subscribe: readonly string[];
  /**
   * A subscription that is tested with a message of this client. Some brokers grant a subscription that their rules forbid or
   * that they do not support, and then deliver nothing.
   */
  readonly probe?: Probe;
  readonly backoff?: Backoff;
  /** More addresses of the same broker. They are tried in turn from a random one, so that a fleet is spread over all. */
  readonly also?: readonly URL[];
  /** The time over which a whole fleet spreads its first attempts after it lost its broker. */
  readonly spreadMs?: number;
  /** Replaces `tls`. It is called before each attempt to connect, because certificates change. */
  readonly currentTls?: () => Tls | undefined;
}

/** What the client reports to its owner. None of these may throw. */
export interface MqttClientEvents {
  /** The client is connected and has asked for every subscription. */
  connected(protocol: Protocol): void;
  /** The connection is lost or could not be made. Called once until it is connected again, and for each other reason. */
  lost(error: BrokerError): void;
  /** The broker does not deliver a subscription. Called after `connected`, and once until `granted`. */
  denied?(error: BrokerError): void;
  /** The broker delivers all subscriptions. Called after `connected`, once for each connection. */
  granted?(): void;
  message: MessageHandler;
}

/**
 * A client that stays connected. After a loss or a refusal it tries again without end; its waits grow up to a bound. It has
 * no queue: `publish` rejects with BrokerError while there is no connection, and resolves when the socket has the message
 * (QoS 0) or the broker has acknowledged it (QoS 1).
 */
export interface MqttClient extends AsyncDisposable {
  /** Starts to connect. Called once. */
  start(events: MqttClientEvents): void;
  publish(message: Outgoing): Promise<void>;
  /** Ends the connection and makes a new one at once. */
  reconnect(): Promise<void>;
}

const CLOSE_WITHIN_MS = 2_000;
/** A connection that ends sooner counts as failed. Two devices of one name would end each other's connections without end. */
const HELD_AFTER_MS = 3_000;

/** The end of an attempt to connect. */
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

  const connect = async (protocol: Protocol, events: MqttClientEvents): Promise<Ending> => {
    let subscriptions: Subscriptions | undefined;
    const url = urls[turn % urls.length] ?? options.url;
    const tls = options.currentTls?.();
    const given = { ...options, url, ...(tls ? { tls } : {}) };
    const opened = openConnection(given, protocol, async (topic, payload, ...more) => {
      // Messages that waited at the broker come before it confirms the subscriptions. They may be answered.
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
      subscriptions.keep();
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
  /** Credentials that cannot be used are a failed attempt, too: they may be corrected before the next one. */
  const attempt = (protocol: Protocol, events: MqttClientEvents): Promise<Ending> =>
    connect(protocol, events).catch((error) => ({ connected: false, held: false, hungUp: false, error }));

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
  /** Reports a loss, the first failed attempt, and each failure for another reason. */
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
      // The timer does not keep the process alive.
      await Promise.race([kept, sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}

/**
 * Some brokers refuse a version of MQTT that they do not support, others close the connection. The other version is tried at
 * once. The version that works is kept.
 */
function speaksAnother({ error, hungUp }: Ending): boolean {
  return error.code === "unsupported" || hungUp;
}
