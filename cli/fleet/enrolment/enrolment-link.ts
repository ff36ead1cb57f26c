import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { digest } from "../../../protocol/encoding/tokens.ts";
import { ENROLMENT_BYTES, type EnrolmentClaims, readEnrolment } from "../../../protocol/identity/enrolment.ts";
import { DEFAULT_TOPICS, readTopic, topicsOf } from "../../../protocol/messages/contract.ts";
import { type MqttClient, openMqttClient } from "../../../protocol/mqtt/client.ts";
import { type FleetFile, tlsOf, whichBroker } from "../fleet-file.ts";

/** A received enrolment. Its only proof is the signature by the key that it names. */
export interface Enrolling {
  readonly token: string;
  readonly claims: EnrolmentClaims;
}

export interface EnrolmentLinkOptions {
  readonly fleet: FleetFile;
  /** Listens to cameras that enrol, or to cameras that serve. */
  readonly at: "enrolment" | "operators";
  /** Listens to one camera, or to all. */
  readonly device?: string;
  /** Gets each enrolment once, one after the other, even if a camera sends it again. */
  readonly received: (enrolling: Enrolling, link: EnrolmentLink) => Promise<void>;
  /** Gets the error of `received`, and the link goes on. The same enrolment is received again if the camera sends it again. */
  readonly failed?: (error: Error, enrolling: Enrolling) => void;
  readonly lost?: (error: Error) => void;
}

export interface EnrolmentLink extends AsyncDisposable {
  answer(device: string, message: string): Promise<void>;
}

/**
 * Limits for remembered enrolments, and for those read in a second: an attacker with the bootstrap credential can send any
 * number.
 */
const MOST = { remembered: 5_000, perSecond: 50 } as const;

/** Listens for enrolments. It drops those that are too large, damaged, or signed for another name than the topic's. */
export async function openEnrolmentLink(options: EnrolmentLinkOptions): Promise<EnrolmentLink> {
  const { fleet, at, device = "+", received } = options;
  const reach = fleet.text[at];
  if (!reach) throw new Error(`the fleet file says nothing of "${at}"`);
  const template = reach.topics ?? DEFAULT_TOPICS;
  const client: MqttClient = openMqttClient({
    url: new URL(reach.broker),
    clientId: `operator-${randomUUID()}`,
    subscribe: [topicsOf(template, device).enrolment],
    tls: await tlsOf(fleet, reach),
  });
  const link: EnrolmentLink = {
    answer: (to, payload) =>
      client.publish({ topic: topicsOf(template, to).approval, payload, qos: 1, retain: false, expirySeconds: 600 }),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
  const seen = new Set<string>();
  const admit = openAdmission(MOST.perSecond);
  const failed = (how: string) => (cause: Error) =>
    options.lost?.(new Error(`${whichBroker(fleet, at)} ${how}: ${cause.message}`, { cause }));
  client.start({
    connected: () => undefined,
    lost: failed("cannot be reached"),
    denied: failed("refuses the subscription"),
    async message(topic, payload) {
      if (payload.length > ENROLMENT_BYTES || !admit()) return;
      const token = Buffer.from(payload).toString("latin1");
      if (seen.has(digest(token))) return;
      const claims = await readEnrolment(token).catch(() => undefined);
      if (!claims || claims.iss !== readTopic(template, topic)?.device) return;
      seen.add(digest(token));
      for (const oldest of seen) if (seen.size > MOST.remembered) seen.delete(oldest);
      await received({ token, claims }, link).catch((error: Error) => {
        seen.delete(digest(token));
        if (!options.failed) throw error;
        options.failed(error, { token, claims });
      });
    },
  });
  return link;
}

/** Whether another enrolment may be read in this second. */
function openAdmission(perSecond: number): () => boolean {
  let [second, count] = [0, 0];
  return () => {
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) [second, count] = [now, 0];
    return ++count <= perSecond;
  };
}

/** Waits for this time, or until Ctrl-C. */
export async function untilStopped(ms: number): Promise<void> {
  const over = new AbortController();
  const ended = (name: string) => once(process, name, { signal: over.signal }).catch(() => undefined);
  await Promise.race([
    sleep(ms, undefined, { signal: over.signal }).catch(() => undefined),
    ended("SIGINT"),
    ended("SIGTERM"),
  ]);
  over.abort();
}
