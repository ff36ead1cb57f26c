import { MESSAGE_BYTES } from "../../carrier/answers.ts";
import type { VerifiedReport } from "../../carrier/client.ts";
import type { RefusalClaims } from "../../protocol/messages/contract.ts";
import { type Archived, archiveReports } from "../archive/archive.ts";
import { type Batches, openBatches } from "../archive/batches.ts";
import { dropUnproven, keepUnproven, unprovenOf } from "../archive/unproven.ts";
import type { Database } from "../database/database.ts";
import type { KnownKeys } from "../register/known-keys.ts";
import { keepRefusal } from "../verifications/verifications.ts";
import { persistently } from "./persistent.ts";
import { readToken } from "./reading.ts";

/** Callbacks for handled messages. They must not throw. */
export interface IngestEvents {
  /** These reports are in the archive, some perhaps from before. */
  archived(reports: readonly VerifiedReport[], outcome: Archived): void;
  refused(refusal: RefusalClaims): void;
  /** No known key has signed it. */
  unproven(device: string, why: string, kept: boolean): void;
  /** The database fails. The work is repeated until it succeeds. */
  delayed(error: unknown): void;
}

/** Handles the messages of report topics. */
export interface ReportIngest extends AsyncDisposable {
  /** Resolves when the message may be acknowledged: it is in the database, or it is not a valid report. */
  take(device: string, payload: Uint8Array): Promise<void>;
  /** A camera's identity arrived: its stored unproven tokens are read again. */
  identified(device: string): Promise<void>;
}

export interface ReportIngestParts {
  readonly database: Database;
  readonly keys: KnownKeys;
  readonly events: IngestEvents;
}

export const BATCH = 200;
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export function openReportIngest({ database, keys, events }: ReportIngestParts): ReportIngest {
  const over = new AbortController();
  const batches: Batches<VerifiedReport> = openBatches({
    most: BATCH,
    failed: events.delayed,
    async work(reports) {
      events.archived(reports, await archiveReports(database, reports));
    },
  });
  const takeToken = async (device: string, token: string) => {
    const read = await readToken(token, device, await keys.of(device));
    if (read.kind === "report") return { keep: () => batches.add(read.report), proven: true };
    if (read.kind === "cancelled") return { keep: async () => undefined, proven: true };
    if (read.kind === "unproven") return { keep: () => keepWaiting(device, token, read.why), proven: false };
    const keep = async () => {
      await keepRefusal(database, read.refusal);
      events.refused(read.refusal);
    };
    return { keep, proven: true };
  };
  const keepWaiting = async (device: string, token: string, why: string) => {
    const kept = await keepUnproven(database, { device, token, why });
    events.unproven(device, why, kept);
    if (!kept) return;
    // The identity may have been stored meanwhile, on the other connection. Then nobody reads the token again.
    keys.forget(device);
    await persistently(() => readAgain(device, token), events.delayed, over.signal);
  };
  const readAgain = async (device: string, token: string) => {
    const { keep, proven } = await takeToken(device, token);
    if (!proven) return;
    await keep();
    await dropUnproven(database, device, [token]);
  };
  return {
    async take(device, payload) {
      const token = Buffer.from(payload).toString("latin1");
      if (payload.length > MESSAGE_BYTES.report || !COMPACT_JWS.test(token))
        return events.unproven(device, "it is no token, or too large", false);
      await persistently(async () => (await takeToken(device, token)).keep(), events.delayed, over.signal);
    },
    async identified(device) {
      keys.forget(device);
      for (const token of await unprovenOf(database, device)) await readAgain(device, token);
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await batches[Symbol.asyncDispose]();
    },
  };
}
