import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Backoff } from "../common/backoff.ts";
import { retry } from "../common/retry.ts";
import { BrokerError, type Connection } from "./connection.ts";

/** The subscriptions of one connection. They are requested, tested, and requested again until the broker delivers. */
export interface Subscriptions {
  /** Resolves when the broker has answered the subscriptions. Rejects when the connection is lost. */
  readonly asked: Promise<void>;
  /** Tests what was asked for, and requests it again until the broker delivers. Only now `denied` and `granted` are called. */
  keep(): void;
  /** Whether a message is a probe of this client, also of an earlier process. Nobody else handles it. */
  isProbe(payload: Uint8Array): boolean;
}

/**
 * A probe is a new random number without other meaning. It proves that the broker accepts and delivers messages of this
 * client on this topic.
 */
const PROBE = "matchlight-probe.";
const PROBE_BYTES = PROBE.length + 43;
const RETURNS_WITHIN_MS = 3_000;
/** A denied subscription is tried again, so that a correction of the broker's rules has an effect soon. */
const AGAIN: Backoff = { firstMs: 1_000, mostMs: 8_000 };

/** The test of a subscription: a message to `topic` must come back through the subscribed `filter`. */
export interface Probe {
  readonly topic: string;
  readonly filter: string;
}

export interface Wanted {
  readonly subscribe: readonly string[];
  readonly probe?: Probe;
  readonly backoff?: Backoff;
}

export interface SubscriptionEvents {
  denied?(error: BrokerError): void;
  granted?(): void;
}

export function keepSubscriptions(
  line: Connection,
  { subscribe, probe, backoff }: Wanted,
  events: SubscriptionEvents,
): Subscriptions {
  const waiting = new Map<string, () => void>();
  const over = new AbortController();
  void line.lost.then(() => over.abort());

  const subscribed = async (): Promise<BrokerError | undefined> => {
    const denied = await line.subscribe([...new Set([...subscribe, ...(probe ? [probe.filter] : [])])]);
    if (denied.length === 0) return undefined;
    return new BrokerError("denied", `the broker does not let us hear ${denied.join(", ")}`);
  };
  const tried = async ({ topic, filter }: Probe): Promise<BrokerError | undefined> => {
    const payload = PROBE + randomBytes(32).toString("base64url");
    const returned = new Promise<true>((resolve) => waiting.set(payload, () => resolve(true)));
    try {
      await line.publish({ topic, payload, qos: 1, retain: false, expirySeconds: RETURNS_WITHIN_MS / 1000 });
      const back = await Promise.race([returned, sleep(RETURNS_WITHIN_MS, false, { signal: over.signal })]);
      return back
        ? undefined
        : new BrokerError("denied", `${filter} is granted, but what is sent to it does not come to us`);
    } catch (error) {
      // A broker that refuses the probe says so. Then it filters nothing silently, and no test is possible.
      if (error instanceof BrokerError && error.code === "denied") return undefined;
      throw error;
    } finally {
      waiting.delete(payload);
    }
  };

  const asked = line.opened.then(subscribed);
  const hold = async () => {
    for await (const { failures } of retry({ ...(backoff ?? AGAIN), signal: over.signal })) {
      const trouble = (await (failures === 0 ? asked : subscribed())) ?? (probe && (await tried(probe)));
      if (!trouble) return events.granted?.();
      if (failures === 0) events.denied?.(trouble);
    }
  };

  return {
    asked: asked.then(() => undefined),
    // It rejects only when the connection is lost, which is reported elsewhere.
    keep: () => void hold().catch(() => undefined),
    isProbe(payload) {
      if (payload.length !== PROBE_BYTES || probe === undefined) return false;
      const text = Buffer.from(payload).toString("latin1");
      waiting.get(text)?.();
      return text.startsWith(PROBE);
    },
  };
}
