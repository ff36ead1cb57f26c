import { setTimeout as sleep } from "node:timers/promises";
import { connect, type IClientOptions, type MqttClient } from "mqtt";

/** A message to publish. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

export interface BrokerOptions {
  readonly url: URL;
  readonly clientId: string;
  readonly subscribe: readonly string[];
  readonly will?: Outgoing;
}

/** What the link tells its owner. None of these may throw. */
export interface BrokerEvents {
  /** Connected, and every subscription granted. */
  connected(): void;
  /** Not connected any more, or the first attempt failed. Told once until it is connected again. */
  lost(error: Error): void;
  message(topic: string, payload: Uint8Array): void;
}

/** The broker cannot be reached, or refused. */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
}

/**
 * A connection that is kept: lost or refused, it is tried again for ever, waiting longer each time up to a bound. It
 * queues nothing: `publish` rejects with BrokerError while there is no connection, and resolves when the message was
 * handed to the socket (QoS 0) or acknowledged by the broker (QoS 1).
 */
export interface Broker extends AsyncDisposable {
  /** Begins to connect; called once. */
  start(events: BrokerEvents): void;
  publish(message: Outgoing): Promise<void>;
}

const CONNECT_WITHIN_MS = 10_000;
const CLOSE_WITHIN_MS = 2_000;
const KEEPALIVE_SECONDS = 20;
/** A whole fleet lost its broker at the same moment: the waits are drawn at random so that it does not return at one. */
const BACKOFF = { firstMs: 500, mostMs: 30_000 };

/** How long to wait before the attempt after `failures` failed ones: "full jitter" (AWS Architecture Blog, 2015). */
export function backoffMs(failures: number, random = Math.random()): number {
  const most = Math.min(BACKOFF.mostMs, BACKOFF.firstMs * 2 ** Math.min(failures, 16));
  return most / 2 + (random * most) / 2;
}

export function openBroker(options: BrokerOptions): Broker {
  const stop = new AbortController();
  let line: Line | undefined;
  let kept = Promise.resolve();

  const attempt = async (events: BrokerEvents): Promise<{ readonly held: boolean; readonly error: Error }> => {
    const trial = openLine(options, events);
    const opened = await trial.opened.catch((error: Error) => error);
    if (opened instanceof Error) return { held: false, error: opened };
    line = trial;
    events.connected();
    const error = await trial.lost;
    line = undefined;
    return { held: true, error };
  };

  const keep = async (events: BrokerEvents) => {
    for (let failures = 0, told = false; !stop.signal.aborted; ) {
      const { held, error } = await attempt(events);
      failures = held ? 0 : failures + 1;
      if (stop.signal.aborted) return;
      if (held || !told) events.lost(error);
      told = true;
      await sleep(backoffMs(failures), undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };

  return {
    start(events) {
      kept = keep(events);
    },
    async publish(message) {
      if (!line) throw new BrokerError("there is no connection to the broker");
      await line.publish(message);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await line?.close();
      await Promise.race([kept, sleep(CLOSE_WITHIN_MS)]);
    },
  };
}

/** One connection, from its opening to its loss. */
interface Line {
  readonly opened: Promise<void>;
  /** Resolves, with the reason, when the connection is over. */
  readonly lost: Promise<Error>;
  publish(message: Outgoing): Promise<void>;
  close(): Promise<void>;
}

function openLine(options: BrokerOptions, events: BrokerEvents): Line {
  const client = connect(options.url.href, clientOptions(options));
  let reason = new BrokerError("the broker closed the connection");
  client.on("error", (error) => {
    reason = new BrokerError(error.message || String(error), { cause: error });
  });
  client.on("message", (topic, payload) => events.message(topic, payload));
  const lost = new Promise<Error>((resolve) => {
    client.once("close", () => {
      client.end(true);
      resolve(reason);
    });
  });
  const failed = lost.then((error): never => {
    throw error;
  });
  failed.catch(() => undefined);
  return {
    lost,
    opened: Promise.race([subscribed(client, options.subscribe), failed]).catch(async (error: Error) => {
      client.end(true);
      throw error;
    }),
    publish: (message) => Promise.race([publish(client, message), failed]),
    close: async () => {
      const closed = client.endAsync(false).then(() => true);
      if (!(await Promise.race([closed, sleep(CLOSE_WITHIN_MS, false)]))) client.end(true);
    },
  };
}

async function publish(client: MqttClient, { topic, payload, qos, retain }: Outgoing): Promise<void> {
  try {
    await client.publishAsync(topic, payload, { qos, retain });
  } catch (cause) {
    throw new BrokerError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** mqtt.js neither reconnects nor queues here: both are this file's, so that nothing waits in unbounded memory. */
function clientOptions({ clientId, will }: BrokerOptions): IClientOptions {
  return {
    clientId,
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_WITHIN_MS,
    keepalive: KEEPALIVE_SECONDS,
    queueQoSZero: false,
    resubscribe: false,
    ...(will ? { will: { ...will, payload: Buffer.from(will.payload) } } : {}),
  };
}

async function subscribed(client: MqttClient, topics: readonly string[]): Promise<void> {
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  if (topics.length === 0) return;
  const granted = await client.subscribeAsync([...topics], { qos: 1 });
  const denied = granted.filter(({ qos }) => qos > 2).map(({ topic }) => topic);
  if (denied.length > 0) throw new BrokerError(`the broker denies the subscription to ${denied.join(", ")}`);
}
