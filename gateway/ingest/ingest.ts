import type { VerifiedReport } from "../../carrier/client.ts";
import type { Finding } from "../archive/archive.ts";
import type { Database } from "../database/database.ts";
import type { Log } from "../process/log.ts";
import type { Metrics } from "../process/metrics.ts";
import type { KnownKeys } from "../register/known-keys.ts";
import type { Enrolment } from "../register/register.ts";
import type { Ended } from "../verifications/endings.ts";
import type { AimFeed, ProgressFeed } from "../verifications/feed.ts";
import { openAnnouncements } from "./announcements.ts";
import type { BrokerMessages, ConnectionName } from "./broker-link.ts";
import { type IngestEvents, openReportIngest } from "./report-ingest.ts";

export interface IngestParts {
  readonly database: Database;
  readonly keys: KnownKeys;
  readonly feed: ProgressFeed;
  readonly aims: AimFeed;
  /** Verifications have ended. */
  readonly ended: (which: Ended) => void;
  readonly enrolment: Enrolment;
  /** These reports are in the archive: send receipts to the cameras that wait for them. */
  readonly confirm: (reports: readonly VerifiedReport[]) => void;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Handles all messages from the broker. */
export interface Ingest extends BrokerMessages, AsyncDisposable {
  isConnected(): boolean;
  /** Counts and logs faults in chains. */
  found(findings: readonly Finding[]): void;
}

export function openIngest(parts: IngestParts): Ingest {
  const { database, keys, feed, aims, enrolment, metrics, log } = parts;
  const found = foundBy(parts);
  const reports = openReportIngest({ database, keys, events: ingestEvents(parts, found) });
  const announcements = openAnnouncements({ database, enrolment, identified: reports.identified, log });
  const connected = new Set<ConnectionName>();
  return {
    report: (device, payload) => reports.take(device, payload),
    announced: announcements.take,
    progress: (device, progress) => feed.publish(device, progress.jti, progress),
    aim: (device, aim) => aims.publish(device, aim.jti, { kind: "seen", aim }),
    connected(connection) {
      log.info({ event: "broker_connected", connection });
      connected.add(connection);
      metrics.connected.set({ connection }, 1);
    },
    lost(connection, error) {
      log.warn({ event: "broker_lost", connection, code: error.code, reason: error.message });
      connected.delete(connection);
      metrics.connected.set({ connection }, 0);
    },
    found,
    isConnected: () => connected.size === 2,
    async [Symbol.asyncDispose]() {
      await Promise.all([reports[Symbol.asyncDispose](), announcements[Symbol.asyncDispose]()]);
    },
  };
}

function foundBy({ metrics, log }: IngestParts): Ingest["found"] {
  return (findings) => {
    for (const finding of findings) {
      metrics.findings.inc({ kind: finding.kind }, 1);
      log.error({ event: "chain_finding", ...finding });
    }
  };
}

function ingestEvents({ ended, aims, confirm, metrics, log }: IngestParts, found: Ingest["found"]): IngestEvents {
  return {
    archived(reports, { fresh, late, contested, findings }) {
      metrics.reports.inc({ outcome: "fresh" }, fresh);
      metrics.reports.inc({ outcome: "contested" }, contested);
      metrics.reports.inc({ outcome: "again" }, reports.length - fresh - contested);
      metrics.late.inc(late);
      // In a mixed batch, it is not known here which reports are repetitions.
      if (fresh === reports.length) for (const report of reports) countVerification(metrics, report);
      found(findings);
      confirm(reports);
      // A contested report ends no verification, and it is not known here which report was contested.
      ended(contested > 0 ? "some" : reports.map(({ claims: { iss: device, jti: id } }) => ({ device, id })));
    },
    refused({ iss, jti, code, because }) {
      metrics.refusals.inc({ code });
      if (jti !== undefined) aims.publish(iss, jti, { kind: "refused", code, because });
      ended("some");
    },
    unproven(device, why, kept) {
      metrics.reports.inc({ outcome: "unproven" }, 1);
      log.warn({ event: "report_unproven", device, reason: why, kept });
    },
    delayed(error) {
      metrics.delayed.inc();
      log.error({ event: "database_failed", err: error });
    },
  };
}

function countVerification(metrics: Metrics, { claims }: VerifiedReport): void {
  const { decision, reason = "", started, finished } = claims;
  metrics.verification(decision, reason, Math.max(0, finished - started));
}
