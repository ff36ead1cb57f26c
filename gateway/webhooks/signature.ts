import { createHmac } from "node:crypto";

/** What is signed: the event's id, the second of this attempt, and the body. */
export interface Signed {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
}

/** A secret as Standard Webhooks writes it: 24 to 64 bytes in base64 behind `whsec_`. */
export const SECRET = /^whsec_(?=[A-Za-z0-9+/]{32,88}={0,2}$)[A-Za-z0-9+/]+={0,2}$/;

/** The headers of Standard Webhooks (HMAC-SHA256), with a signature by each secret: while one is replaced there are two. */
export function signatureHeaders({ id, timestamp, body }: Signed, secrets: readonly string[]) {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signatures.join(" ") };
}
