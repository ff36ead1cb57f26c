import { readAnswer, readIdentity } from "../../carrier/answers.ts";
import type { JWK } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, type Identity, topicsOf } from "../../protocol/messages/contract.ts";
import type { MqttClient } from "../../protocol/mqtt/client.ts";
import { claimsOf, sealed } from "./requests.ts";

/** The topics of the device that is killed again and again. */
export const TOPICS = topicsOf(DEFAULT_TOPICS, "mortal");

/** The other end: sends requests, one after the other, and keeps every report. */
export interface Clerk {
  readonly sent: Map<string, string>;
  readonly reports: Map<string, Set<string>>;
  readonly chain: Map<number, string>;
  arrived(): number;
  interrupted(): number;
  send(jti: string): Promise<void>;
  make(): Promise<string>;
  identity(): Identity | undefined;
}

/** Begins to listen; the link is the caller's, and not yet started. */
export async function openClerk(link: MqttClient, key: JWK): Promise<Clerk> {
  const sent = new Map<string, string>();
  const reports = new Map<string, Set<string>>();
  const chain = new Map<number, string>();
  let identity: Identity | undefined;
  let [arrived, interrupted] = [0, 0];
  const waiting: string[] = [];
  const take = async (token: string) => {
    if (!identity) return void waiting.push(token);
    const answer = await readAnswer(token, identity);
    if (answer.kind !== "report") return;
    const { jti, rid, seq, reason } = answer.report.claims;
    arrived++;
    const rids = reports.get(jti) ?? new Set();
    if (!rids.has(rid) && reason === "interrupted") interrupted++;
    reports.set(jti, rids.add(rid));
    chain.set(seq, token);
  };
  await new Promise<void>((resolve) =>
    link.start({
      connected: () => resolve(),
      lost: () => undefined,
      async message(topic, payload) {
        const text = Buffer.from(payload).toString("utf8");
        if (topic === TOPICS.report) return take(text);
        identity = (await readIdentity(text, "mortal")) ?? identity;
        await Promise.all(waiting.splice(0).map(take));
      },
    }),
  );
  return {
    sent,
    reports,
    chain,
    arrived: () => arrived,
    interrupted: () => interrupted,
    identity: () => identity,
    async make() {
      const now = Math.floor(Date.now() / 1000);
      const claims = claimsOf(Buffer.from("no photo"), { aud: "mortal", iat: now, exp: now + 600 });
      const jti = String(claims["jti"]);
      sent.set(jti, await sealed(claims, key, (identity as Identity).sealing));
      return jti;
    },
    send: (jti) => link.publish({ topic: TOPICS.request, payload: sent.get(jti) ?? "", qos: 1, retain: false }),
  };
}
