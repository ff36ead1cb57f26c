import { createHmac } from "node:crypto";

/** The signed parts: the event's id, the time of this attempt in seconds, and the body. */
export interface Signed {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
}

/** A secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. */
export const SECRET = /^whsec_(?=[A-Za-z0-9+/]{32,88}={0,2}$)[A-Za-z0-9+/]+={0,2}$/;

/**
 * The headers of Standard Webhooks (HMAC-SHA256), with a signature by each secret. There are two secrets while one is being
 * replaced.
 */
export function signatureHeaders({ id, timestamp, body }: Signed, secrets: readonly string[]) {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signatures.join(" ") };
}
