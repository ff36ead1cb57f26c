import { openSerialiser } from "../../protocol/common/serialiser.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import type { Reply } from "../../protocol/mqtt/connection.ts";
import type { Change, Store } from "../storage/store.ts";
import { type ChainNote, type Head, NO_NOTE } from "./chain-note.ts";
import {
  accepting,
  conclude,
  countUnsent,
  type Entry,
  entryOf,
  headOf,
  intoOutbox,
  isInOutbox,
  isWhereWanted,
  outOfOutbox,
  PURGE_AT_ONCE,
  repeating,
  reportAt,
  reportsBetween,
  reportsFrom,
  runningEntries,
  type Sent,
  type StoredReport,
  unsentSeqs,
} from "./ledger-records.ts";

export type { Head } from "./chain-note.ts";
export type { Entry, StoredReport } from "./ledger-records.ts";

/** A report that the carrier confirms: its place in the chain, and the digest of its token. */
export interface Receipted {
  readonly seq: number;
  readonly digest: string;
}

/** The outbox is full, so the request was not accepted. */
export class OutboxFull extends Error {
  override readonly name = "OutboxFull";
}

/**
 * The durable record of accepted requests and their reports. Promises: an accepted request is on the disk before `accept`
 * resolves; a report, its place in the chain and its place in the outbox are written in one step; a request never gets two
 * reports.
 */
export interface Ledger {
  /** The part of the ledger that is missing according to the chain note; undefined if nothing is. */
  readonly loss: LedgerLoss | undefined;
  /** Writes the chain note if it is not up to date. Throws StoreError. */
  note(): Promise<void>;
  find(jti: string): Entry | undefined;
  /** Throws OutboxFull, or StoreError if it cannot be written. */
  accept(entry: Entry): Promise<void>;
  /**
   * Stores the report that `make` signs for the next place in the chain. Reports are stored one at a time. If the request
   * already has a report, that one is returned and `make` is not called.
   */
  conclude(entry: Entry, make: (head: Head) => Promise<string>): Promise<StoredReport>;
  /** Accepted requests without a report: the device was interrupted. */
  unfinished(): readonly Entry[];
  /** The oldest reports of the outbox; with `wanted`, only those at wanted places of the chain. */
  unsent(limit: number, wanted?: (seq: number) => boolean): readonly StoredReport[];
  unsentCount(): number;
  /** All kept reports, in the order of the chain. */
  reports(): readonly StoredReport[];
  /**
   * Puts the report of a request into the outbox again. Without a report, it will come by itself. A `reply` that names a place
   * replaces that of the first request.
   */
  resend(jti: string, reply?: Reply): Promise<void>;
  /** Does this for all kept reports between two places in the chain, in one step with other changes. */
  resendRange(from: number, to: number, also?: readonly Change[]): Promise<void>;
  /** Removes sent reports from the outbox, but not one that is wanted at another place by now. */
  acknowledged(reports: readonly Sent[]): Promise<void>;
  /** Removes reports that the carrier's archive has from the outbox. Returns the places whose digests are right. */
  receipted(reports: readonly Receipted[]): Promise<readonly number[]>;
  isUnsent(seq: number): boolean;
  /** Removes reports from the outbox that have waited too long. They stay in the chain. */
  giveUp(olderThanMs: number): Promise<readonly StoredReport[]>;
  /** The time of the last report, or of an unfinished request accepted after it: a correct clock is not earlier. */
  latestAtMs(): number;
}

/** `missing`: there is no ledger; `older`: it ends before its note; `unknown`: the note cannot be read. */
interface LedgerLoss {
  readonly ledger: "missing" | "older" | "unknown";
  /** The end of the chain according to the note, and the end of the ledger. */
  readonly notedSeq?: number;
  readonly seq: number;
}

interface LedgerBounds {
  /** The device keeps this many reports and the ids of their requests. The carrier keeps older ones. */
  readonly reportsKept: number;
  /** The most reports in the outbox. They are never dropped for new ones. */
  readonly unsent: number;
}

const BOUNDS: LedgerBounds = { reportsKept: 10_000, unsent: 10_000 };
const UNFINISHED_AT_MOST = 100;

/** The ledger in a store. `nowMs` is the wall time. If the ledger has lost its end, the chain continues from its note. */
export function openLedger(store: Store, nowMs: () => number, chainNote = NO_NOTE, bounds = BOUNDS): Ledger {
  const end = openChainEnd(store, chainNote);
  const inTurn = openSerialiser();
  const unsent: Ledger["unsent"] = (limit, wanted) => oldestUnsent(store, limit, bounds.unsent, wanted);
  const unfinished = () =>
    runningEntries(store, UNFINISHED_AT_MOST).filter(({ jti }) => entryOf(store, jti)?.seq === undefined);
  return {
    loss: lossOf(store, chainNote.found),
    note: end.note,
    find: (jti) => entryOf(store, jti),
    async accept(entry) {
      if (countUnsent(store) >= bounds.unsent) throw new OutboxFull(`${bounds.unsent} reports wait`);
      await store.write(accepting(entry));
    },
    conclude: (entry, make) =>
      inTurn(async () => {
        const now = { head: end.head(), nowMs: nowMs(), kept: bounds.reportsKept };
        const report = await conclude(store, entry, make, now);
        await end.note();
        return report;
      }),
    unfinished,
    unsent,
    unsentCount: () => countUnsent(store),
    isUnsent: (seq) => isInOutbox(store, seq),
    reports: () => reportsFrom(store, 0),
    resend: (jti, reply = {}) => inTurn(() => store.write(repeating(store, jti, reply))),
    resendRange(from, to, also = []) {
      const seqs = reportsBetween(store, from, to).map(({ seq }) => seq);
      return store.write([...intoOutbox(seqs), ...also]);
    },
    acknowledged: (reports) =>
      inTurn(() => store.write(outOfOutbox(reports.filter((one) => isWhereWanted(store, one)).map(({ seq }) => seq)))),
    receipted: (reports) => removeReceipted(store, reports),
    async giveUp(olderThanMs) {
      const old = unsent(PURGE_AT_ONCE).filter(({ atMs }) => atMs < olderThanMs);
      if (old.length > 0) await store.write(outOfOutbox(old.map(({ seq }) => seq)));
      return old;
    },
    // Not the latest of all reports: one that was stored with a future time must not block the clock for ever.
    latestAtMs() {
      const reportedAtMs = reportAt(store, headOf(store).seq)[0]?.atMs ?? 0;
      return Math.max(reportedAtMs, ...unfinished().map(({ acceptedAtMs }) => acceptedAtMs));
    },
  };
}

/** The end of the chain: the later one of the ledger's and the note's. */
function openChainEnd(store: Store, { found, write }: ChainNote) {
  let noted = typeof found === "string" ? undefined : found;
  const head = (): Head => {
    const stored = headOf(store);
    return noted && noted.seq > stored.seq ? noted : stored;
  };
  const note = async () => {
    const end = head();
    if (noted && end.seq <= noted.seq) return;
    await write(end);
    noted = end;
  };
  return { head, note };
}

function lossOf(store: Store, found: ChainNote["found"]): LedgerLoss | undefined {
  const { seq } = headOf(store);
  if (found === "absent") return undefined;
  if (found === "damaged") return { ledger: "unknown", seq };
  if (!store.recovery.empty && seq >= found.seq) return undefined;
  return { ledger: store.recovery.empty ? "missing" : "older", notedSeq: found.seq, seq };
}

function oldestUnsent(store: Store, limit: number, most: number, wanted?: (seq: number) => boolean) {
  const seqs = wanted ? unsentSeqs(store, most).filter(wanted).slice(0, limit) : unsentSeqs(store, limit);
  return seqs.flatMap((seq) => reportAt(store, seq));
}

/** Returns the places whose digests are right; those that still wait leave the outbox. */
async function removeReceipted(store: Store, reports: readonly Receipted[]): Promise<readonly number[]> {
  const isStored = ({ seq, digest: named }: Receipted) =>
    reportAt(store, seq).some(({ token }) => digest(token) === named);
  const seqs = reports.filter(isStored).map(({ seq }) => seq);
  const waiting = seqs.filter((seq) => isInOutbox(store, seq));
  if (waiting.length > 0) await store.write(outOfOutbox(waiting));
  return seqs;
}
