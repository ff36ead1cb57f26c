import type { Threshold } from "../../models/pack/manifest.ts";
import { type PrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { type Assurance, TYPES } from "../../protocol/messages/contract.ts";
import type { Reply } from "../../protocol/mqtt/client.ts";
import type { VerifyRequest } from "../../protocol/readers/request-reader.ts";
import { Refusal } from "../../protocol/readers/request-reader.ts";
import type { Inference } from "../inference/inference.ts";
import { type Entry, type Ledger, OutboxFull } from "../messaging/ledger.ts";
import type { Outbox } from "../messaging/outbox.ts";
import type { Clock } from "../process/clock.ts";
import type { Log } from "../process/log.ts";
import type { Verdict } from "../session/decision.ts";
import type { StorageMonitor } from "../status/storage-monitor.ts";
import { StoreError } from "../storage/store.ts";
import { reportClaims } from "./report-claims.ts";

/** The parts for accepting a request and writing its report. */
export interface ReportWriterParts {
  readonly device: string;
  readonly signing: PrivateKey;
  readonly inference: Pick<Inference, "pack">;
  readonly ledger: Ledger;
  readonly outbox: Pick<Outbox, "wake" | "sendAgain">;
  readonly storage: Pick<StorageMonitor, "failed" | "writable">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Writes a request to the ledger. Throws Refusal if that fails. */
export async function accept(
  parts: ReportWriterParts,
  { jti, exp, receipt }: VerifyRequest,
  reply: Reply,
): Promise<Entry> {
  const { ledger, clock, log, storage } = parts;
  const answerTo = reply.topic === undefined && reply.correlation === undefined ? {} : { reply };
  const promised = receipt ? ({ receipt } as const) : {};
  const entry: Entry = { jti, acceptedAtMs: clock.wallMs(), expiresAtMs: exp * 1000, ...answerTo, ...promised };
  try {
    await ledger.accept(entry);
  } catch (error) {
    if (error instanceof OutboxFull) throw new Refusal("outbox_full", error.message, jti);
    storage.failed(error);
    throw new Refusal("storage_failed", "", jti);
  }
  log.info({ event: "request_accepted", jti });
  return entry;
}

/** The end of a verification. */
export interface Ended {
  readonly entry: Entry;
  readonly threshold: Threshold;
  readonly verdict: Verdict;
  /** How much evidence was required; default `standard`. */
  readonly assurance?: Assurance;
  /** When it began, by the wall clock at its end; unknown if the device was interrupted. */
  readonly startedMs?: number;
}

/**
 * Makes the report and stores it. If the disk refuses it, this waits for the disk; a device that is stopped meanwhile reports
 * an interruption at its next start. Throws if no report can be made, which only a new start repairs.
 */
export async function record(parts: ReportWriterParts, ended: Ended): Promise<void> {
  for (;;) {
    try {
      await store(parts, ended);
      return;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      parts.storage.failed(error);
      if (!(await parts.storage.writable())) return;
    }
  }
}

/** Tries once. Throws StoreError. */
export async function store(
  parts: ReportWriterParts,
  { entry, threshold, verdict, assurance = "standard", startedMs }: Ended,
): Promise<void> {
  const { device, signing, ledger, outbox, inference, clock, log } = parts;
  const { id, hash } = inference.pack;
  const context = {
    jti: entry.jti,
    receipt: entry.receipt,
    assurance,
    device,
    threshold: threshold.similarity,
    fmr: threshold.fmr,
    pack: { id, hash },
    startedMs: startedMs ?? entry.acceptedAtMs,
    clock,
  };
  const stored = await ledger.conclude(entry, (head) =>
    sign(reportClaims(verdict, context, head), TYPES.report, signing),
  );
  log.info({ event: "report_stored", jti: entry.jti, seq: stored.seq });
  outbox.wake();
}
