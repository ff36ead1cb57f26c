import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type IClientOptions, type IClientPublishOptions, type IPublishPacket, MqttClient } from "mqtt";
import { codedError } from "../common/coded-error.ts";
import { boundPackets } from "./packet-bound.ts";
import { credentialsOf, openSocket, type Tls } from "./socket.ts";

/** MQTT 3.1.1 is protocol level 4. */
export type Protocol = 4 | 5;

/** A message to publish. MQTT 3.1.1 has fewer fields; everything that is needed is in the payload. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** After this time the broker may drop the message. */
  readonly expirySeconds?: number;
  /** The topic and the mark of the answer that the sender waits for. */
  readonly reply?: Reply;
}

/** Another topic for an answer, and the mark that the answer has there. The sender of the request chooses both. */
export interface Reply {
  readonly topic?: string;
  /** Base64url; at most 128 bytes. */
  readonly correlation?: string;
}

/**
 * `unreachable`: there is no answer at the address; `refused`: the broker refuses the client; `unsupported`: it does not
 * support this version of MQTT; `untrusted`: one side does not trust the other's certificate; `denied`: it does not allow a
 * topic; `silent`: it did not acknowledge a message.
 */
export type BrokerErrorCode = "unreachable" | "refused" | "unsupported" | "untrusted" | "denied" | "silent";

/** The broker cannot be reached, or refused. */
export class BrokerError extends codedError<BrokerErrorCode>("BrokerError") {}

export interface ConnectionOptions {
  readonly url: URL;
  readonly clientId: string;
  readonly tls?: Tls;
  readonly will?: Outgoing;
  /**
   * The time for which the broker keeps messages while the client is away; 0: not at all. MQTT 3.1.1 has no such field: there
   * the broker's own setting decides if this is not 0.
   */
  readonly sessionSeconds?: number;
}

/**
 * Handles a message. The broker gets the acknowledgement when the promise settles. The handler must not wait for an
 * acknowledgement of the broker, because reading stops while many messages are handled. `retained`: the broker had stored
 * the message.
 */
export type MessageHandler = (
  topic: string,
  payload: Uint8Array,
  reply: Reply,
  retained: boolean,
) => Promise<void> | void;

/** One connection, from its opening to its loss. */
export interface Connection {
  readonly protocol: Protocol;
  /** Resolves when the broker has accepted the connection. */
  readonly opened: Promise<void>;
  /** Resolves, with the reason, when the connection is over. */
  readonly lost: Promise<BrokerError>;
  /** Whether the machine accepted the TCP connection and closed it without an answer to CONNECT. */
  hungUp(): boolean;
  /** Resolves when it was handed to the socket (QoS 0) or acknowledged (QoS 1). Throws BrokerError. */
  publish(message: Outgoing): Promise<void>;
  /** The topics that were not granted. */
  subscribe(topics: readonly string[]): Promise<readonly string[]>;
  /** Disconnects cleanly, or closes the socket after some time. */
  close(): Promise<void>;
}

const CONNECT_WITHIN_MS = 10_000;
/**
 * The time from the first TCP packet to the broker's answer. A broker to which a whole fleet returns over TLS has many
 * handshakes to do. A client that gives up early makes it start again.
 */
const ANSWERED_WITHIN_MS = { "mqtt:": 10_000, "mqtts:": 45_000 } as const;
const ANSWERS_WITHIN_MS = 10_000;
/**
 * A broker answers after it has a message. A photo takes seconds over a slow uplink, and what was sent before it goes first. At
 * a lower rate than this one the keep-alive ends the connection during a large photo.
 */
const SLOWEST_BYTES_PER_MS = 100;
const CLOSE_WITHIN_MS = 1_500;
const KEEPALIVE_SECONDS = 20;
/** The number of messages that may be unacknowledged at once. The broker holds the others back. */
const RECEIVE_AT_ONCE = 16;
/** An MQTT 5 broker drops larger packets; other connections are closed. A slightly too large message still gets an answer. */
const PACKET_BYTES = 8_000_000;
/** MQTT 3.1.1 brokers may send more at once. Beyond this number reading stops until a message is handled. */
const UNHANDLED = { messages: 64, bytes: 16_000_000 } as const;

/** Starts a connection. Throws BrokerError when the credentials cannot be used. */
export function openConnection(options: ConnectionOptions, protocol: Protocol, handle: MessageHandler): Connection {
  // The library's connect() also loads WebSockets, SOCKS and HTTP, which are never used.
  const refused = (why: string) => {
    reason = new BrokerError("unreachable", `the broker sends ${why}`);
  };
  const stream = () => boundPackets(openSocket(options.url, options.tls ?? {}), PACKET_BYTES, refused);
  const client = newClient(stream, options, protocol);
  let [reached, answered, failing] = [false, false, false];
  const unreached = setTimeout(() => client.end(true), CONNECT_WITHIN_MS);
  client.stream.once("connect", () => {
    reached = true;
    clearTimeout(unreached);
  });
  let reason = new BrokerError("unreachable", "the broker closed the connection");
  client.on("error", (error) => {
    failing = true;
    reason = classify(error);
  });
  client.on("packetreceive", () => {
    answered = true;
  });
  client.on("disconnect", ({ reasonCode }) => {
    reason = new BrokerError("refused", `the broker ended the connection, reason ${reasonCode}`);
  });
  client.handleMessage = acknowledgeHandled(handle, () => client.connected);
  const lost = new Promise<BrokerError>((resolve) => {
    client.once("close", () => {
      clearTimeout(unreached);
      client.end(true);
      resolve(reason);
    });
  });
  const failed = lost.then((error): never => {
    throw error;
  });
  failed.catch(() => undefined);
  let closing: Promise<void> | undefined;
  /** A broker that accepts packets and answers none counts as lost. */
  const inTime = async <T>(what: string, bytes: number, work: Promise<T>): Promise<T> => {
    const withinMs = ANSWERS_WITHIN_MS + (client.stream.writableLength + bytes) / SLOWEST_BYTES_PER_MS;
    const late = setTimeout(() => {
      reason = new BrokerError("silent", `the broker did not answer to ${what} for ${Math.round(withinMs / 1000)} s`);
      client.end(true);
    }, withinMs);
    return Promise.race([work, failed]).finally(() => clearTimeout(late));
  };
  return {
    protocol,
    lost,
    opened: Promise.race([new Promise<void>((resolve) => client.once("connect", () => resolve())), failed]),
    hungUp: () => reached && !answered && !failing,
    publish: (message) => inTime("a message", message.payload.length, published(client, message, protocol)),
    subscribe: (topics) => inTime("a subscription", 0, notGranted(client, topics)),
    close: () => {
      closing ??= goodbye(client);
      return closing;
    },
  };
}

function newClient(stream: () => Socket, options: ConnectionOptions, protocol: Protocol): MqttClient {
  try {
    return new MqttClient(stream, clientOptions(options, protocol));
  } catch (error) {
    throw classify(error);
  }
}

/** mqtt.js never completes a clean end while the broker is silent, and none at all while it is not connected. */
async function goodbye(client: MqttClient): Promise<void> {
  const closed = client.connected && client.endAsync(false).then(() => true);
  if (!closed || !(await Promise.race([closed, sleep(CLOSE_WITHIN_MS, false, { ref: false })]))) client.end(true);
}

/** mqtt.js neither reconnects nor queues here. The owner does both, so that no queue is unbounded. */
function clientOptions({ url, clientId, will, sessionSeconds = 0 }: ConnectionOptions, protocol: Protocol) {
  const options: IClientOptions = {
    clientId,
    protocolVersion: protocol,
    clean: sessionSeconds === 0,
    reconnectPeriod: 0,
    connectTimeout: ANSWERED_WITHIN_MS[url.protocol === "mqtts:" ? "mqtts:" : "mqtt:"],
    keepalive: KEEPALIVE_SECONDS,
    queueQoSZero: false,
    resubscribe: false,
    // Otherwise it keeps a Buffer for every number up to 65,535.
    writeCache: false,
    ...credentialsOf(url),
    ...(will ? { will: { ...will, payload: Buffer.from(will.payload) } } : {}),
  };
  if (protocol === 4) return options;
  const properties = { receiveMaximum: RECEIVE_AT_ONCE, maximumPacketSize: PACKET_BYTES };
  return { ...options, properties: { ...properties, sessionExpiryInterval: sessionSeconds } };
}

type HandleMessage = MqttClient["handleMessage"];

/** mqtt.js reads on with this and sends no PUBACK. A second call of the callback sends it. */
const NOT_YET = new Error("the message is not handled yet");

/**
 * Acknowledges a message when it has been handled. Meanwhile others are read, up to a bound, because an answer to this client
 * may follow.
 */
function acknowledgeHandled(handle: MessageHandler, connected: () => boolean): HandleMessage {
  const unhandled = { messages: 0, bytes: 0 };
  return (packet, acknowledge) => {
    const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
    unhandled.messages++;
    unhandled.bytes += payload.length;
    const handled = async () => handle(packet.topic, payload, replyOf(packet), packet.retain);
    const done = () => {
      unhandled.messages--;
      unhandled.bytes -= payload.length;
      if (connected()) acknowledge();
    };
    handled().catch(warn).finally(done);
    if (unhandled.messages < UNHANDLED.messages && unhandled.bytes < UNHANDLED.bytes) acknowledge(NOT_YET);
  };
}

/** Reports the error of a handler, which nobody else sees. What a broker sends must not end the process. */
function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

async function published(client: MqttClient, message: Outgoing, protocol: Protocol): Promise<void> {
  try {
    await client.publishAsync(message.topic, message.payload, publishOptions(message, protocol));
  } catch (cause) {
    throw asDenied(cause, `the broker does not let us publish to ${message.topic}`);
  }
}

function publishOptions({ qos, retain, expirySeconds, reply }: Outgoing, protocol: Protocol): IClientPublishOptions {
  if (protocol === 4) return { qos, retain };
  const properties = {
    ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }),
    ...(reply?.topic === undefined ? {} : { responseTopic: reply.topic }),
    ...(reply?.correlation === undefined ? {} : { correlationData: Buffer.from(reply.correlation, "base64url") }),
  };
  return { qos, retain, properties };
}

/** Subscribes to each topic; gives those that the broker does not grant. */
async function notGranted(client: MqttClient, topics: readonly string[]): Promise<readonly string[]> {
  if (topics.length === 0) return [];
  const one = async (topic: string) => {
    try {
      await client.subscribeAsync(topic, { qos: 1 });
      return false;
    } catch (error) {
      if (isRefused(error)) return true;
      throw classify(error);
    }
  };
  const refused = await Promise.all(topics.map(one));
  return topics.filter((_, i) => refused[i]);
}

/** A code in SUBACK from which on a subscription is refused, in both versions of MQTT. */
const SUBSCRIPTION_REFUSED = 0x80;

/** Whether the broker refused a subscription. Otherwise the connection was lost. mqtt.js gives the SUBACK with its error. */
function isRefused(error: unknown): boolean {
  const { packet } = error as { packet?: { granted?: readonly number[] } };
  return packet?.granted?.some((code) => code >= SUBSCRIPTION_REFUSED) ?? false;
}

/** The sender of a request chooses the topic of the answer, so only plain and short topics are accepted. */
const PLAIN_TOPIC = /^[^#+$\0][^#+\0]{0,255}$/;
const CORRELATION_LIMIT_BYTES = 128;

function replyOf({ properties }: IPublishPacket): Reply {
  const { responseTopic, correlationData } = properties ?? {};
  return {
    ...(responseTopic && PLAIN_TOPIC.test(responseTopic) ? { topic: responseTopic } : {}),
    ...(correlationData && correlationData.length <= CORRELATION_LIMIT_BYTES
      ? { correlation: correlationData.toString("base64url") }
      : {}),
  };
}

/** CONNACK codes 1 (MQTT 3.1.1) and 132 (MQTT 5): this version of the protocol is not supported. */
const UNSUPPORTED = [1, 132];
const TLS_TROUBLE = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO|PEM|ALERT/;

function classify(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  const { message, code } = error as { message?: string; code?: unknown };
  const words = message || String(error);
  if (typeof code === "number") {
    return new BrokerError(UNSUPPORTED.includes(code) ? "unsupported" : "refused", words, { cause: error });
  }
  const untrusted = typeof code === "string" && TLS_TROUBLE.test(code);
  return new BrokerError(untrusted ? "untrusted" : "unreachable", words, { cause: error });
}

function asDenied(cause: unknown, words: string): BrokerError {
  const { code, message } = cause as { code?: unknown; message?: string };
  if (typeof code !== "number") return classify(cause);
  return new BrokerError("denied", `${words}: ${message}`, { cause });
}
