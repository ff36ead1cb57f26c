import type { VerifiedReport } from "../../carrier/client.ts";
import { type Asker, prepareReceipt } from "../../carrier/request.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import { LIMITS, topicsOf } from "../../protocol/messages/contract.ts";
import type { Outgoing } from "../../protocol/mqtt/client.ts";
import type { Log } from "../process/log.ts";
import type { Metrics } from "../process/metrics.ts";

export interface ReceiptParts {
  readonly publish: (message: Outgoing) => Promise<void>;
  readonly asker: Asker;
  readonly topics: string;
  readonly metrics: Pick<Metrics, "receipts">;
  readonly log: Pick<Log, "debug">;
}

/**
 * Sends receipts to the cameras that wait for them. Nothing waits for the result: if a receipt is lost, the camera sends the
 * report again and gets a new receipt.
 */
export function openReceipts(parts: ReceiptParts): (archived: readonly VerifiedReport[]) => void {
  return (archived) => {
    for (const [device, reports] of byDevice(archived)) void give(parts, device, reports);
  };
}

async function give(parts: ReceiptParts, device: string, reports: readonly VerifiedReport[]): Promise<void> {
  const { publish, asker, topics, metrics, log } = parts;
  const named = reports.map(({ claims: { seq }, token }) => ({ seq, digest: digest(token) }));
  try {
    for (let first = 0; first < named.length; first += LIMITS.receiptReports) {
      const payload = await prepareReceipt(asker, device, named.slice(first, first + LIMITS.receiptReports));
      const topic = topicsOf(topics, device).request;
      await publish({ topic, payload, qos: 1, retain: false, expirySeconds: LIMITS.lifetimeSeconds });
    }
    metrics.receipts.inc({ outcome: "given" }, named.length);
  } catch (error) {
    metrics.receipts.inc({ outcome: "failed" }, named.length);
    log.debug({ event: "receipt_not_given", device, err: error });
  }
}

function byDevice(archived: readonly VerifiedReport[]): ReadonlyMap<string, readonly VerifiedReport[]> {
  const devices = new Map<string, VerifiedReport[]>();
  for (const report of archived.filter(({ claims }) => claims.receipt)) {
    const { iss } = report.claims;
    devices.set(iss, [...(devices.get(iss) ?? []), report]);
  }
  return devices;
}
