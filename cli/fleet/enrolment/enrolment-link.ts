import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { digest } from "../../../protocol/encoding/tokens.ts";
import { ENROLMENT_BYTES, type EnrolmentClaims, readEnrolment } from "../../../protocol/identity/enrolment.ts";
import { DEFAULT_TOPICS, readTopic, topicsOf } from "../../../protocol/messages/contract.ts";
import { type MqttClient, openMqttClient } from "../../../protocol/mqtt/client.ts";
import { type FleetFile, tlsOf, whichBroker } from "../fleet-file.ts";

/** An enrolment as it came: signed by the key that it names, and nothing more is proved. */
export interface Enrolling {
  readonly token: string;
  readonly claims: EnrolmentClaims;
}

export interface EnrolmentLinkOptions {
  readonly fleet: FleetFile;
  /** Of cameras that enrol, or of those that serve. */
  readonly at: "enrolment" | "operators";
  /** Of one camera, or of all. */
  readonly device?: string;
  /** Each enrolment once, however often it comes; one after the other. */
  readonly received: (enrolling: Enrolling, link: EnrolmentLink) => Promise<void>;
  readonly lost?: (error: Error) => void;
}

export interface EnrolmentLink extends AsyncDisposable {
  answer(device: string, message: string): Promise<void>;
}

/** Whoever has the bootstrap credential can send any number of enrolments: so many are remembered, and read in a second. */
const MOST = { remembered: 5_000, perSecond: 50 } as const;

/** Listens for enrolments. What is too large, damaged, or under another name than it signs is dropped. */
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
  client.start({
    connected: () => undefined,
    lost: (cause) => options.lost?.(new Error(`${whichBroker(fleet, at)}: ${cause.message}`, { cause })),
    async message(topic, payload) {
      if (payload.length > ENROLMENT_BYTES || !admit()) return;
      const token = Buffer.from(payload).toString("latin1");
      if (seen.has(digest(token))) return;
      const claims = await readEnrolment(token).catch(() => undefined);
      if (!claims || claims.iss !== readTopic(template, topic)?.device) return;
      seen.add(digest(token));
      for (const oldest of seen) if (seen.size > MOST.remembered) seen.delete(oldest);
      await received({ token, claims }, link);
    },
  });
  return link;
}

/** Whether one more may be read in this second. */
function openAdmission(perSecond: number): () => boolean {
  let [second, count] = [0, 0];
  return () => {
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) [second, count] = [now, 0];
    return ++count <= perSecond;
  };
}

/** Waits so long, or until Ctrl-C. */
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
