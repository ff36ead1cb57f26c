import { openSerialiser } from "../../protocol/common/serialiser.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import type { Reply } from "../../protocol/mqtt/connection.ts";
import type { Change, Store } from "../storage/store.ts";
import { type ChainNote, type Head, NO_NOTE } from "./chain-note.ts";

export type { Head } from "./chain-note.ts";

/** A request that was accepted. `seq` is there once its report is. */
export interface Entry {
  readonly jti: string;
  readonly acceptedAtMs: number;
  readonly expiresAtMs: number;
  /** Where its sender waits for the answer, if it said so. */
  readonly reply?: Reply;
  /** The carrier has promised a receipt for the report. */
  readonly receipt?: true;
  readonly seq?: number;
}

/** A report as it is stored: its place in the chain, its compact token, whose answer it is and when it was stored. */
export interface StoredReport {
  readonly seq: number;
  readonly token: string;
  readonly jti: string;
  readonly atMs: number;
  readonly reply?: Reply;
  /** It stays in the outbox until the carrier's archive has it, and not only the broker. */
  readonly receipt?: true;
}

/** A report that the carrier says it has: its place in the chain, and its token's digest. */
export interface Receipted {
  readonly seq: number;
  readonly digest: string;
}

/** The outbox is full, so the request was not accepted. */
export class OutboxFull extends Error {
  override readonly name = "OutboxFull";
}

/**
 * What the device promised and what it answered. Promises: an accepted request is on the disk before `accept` resolves;
 * a report, its place in the chain and its place in the outbox are written in one step; one request never gets two.
 */
export interface Ledger {
  /** What of the ledger is missing, as its note beside the keys says; undefined when nothing is. */
  readonly loss: LedgerLoss | undefined;
  /** Notes where the chain ends, if that is not noted yet. Throws StoreError. */
  note(): Promise<void>;
  find(jti: string): Entry | undefined;
  /** Throws OutboxFull, or StoreError when the disk does not take it. */
  accept(entry: Entry): Promise<void>;
  /**
   * Stores the report that `make` signs for the next place in the chain. Reports are stored one at a time; a request that
   * has one already keeps it, and nothing is made.
   */
  conclude(entry: Entry, make: (head: Head) => Promise<string>): Promise<StoredReport>;
  /** Accepted requests without a report: the device was interrupted. */
  unfinished(): readonly Entry[];
  /** The oldest reports of the outbox, of all or of those whose place in the chain is wanted. */
  unsent(limit: number, wanted?: (seq: number) => boolean): readonly StoredReport[];
  unsentCount(): number;
  /** Every report that is kept, in the order of the chain. */
  reports(): readonly StoredReport[];
  /** Puts an earlier report into the outbox again. */
  resend(seq: number): Promise<void>;
  /** The same of those that are still kept, from one place in the chain to another, in one step with other changes. */
  resendRange(from: number, to: number, also?: readonly Change[]): Promise<void>;
  acknowledged(seqs: readonly number[]): Promise<void>;
  /** The carrier's archive has these: they leave the outbox. Gives the places at which they are the device's own reports. */
  receipted(reports: readonly Receipted[]): Promise<readonly number[]>;
  isUnsent(seq: number): boolean;
  /** Takes out of the outbox what has waited for longer than anybody will ask for it; it stays in the chain. */
  giveUp(olderThanMs: number): Promise<readonly StoredReport[]>;
  /** The end of the chain, and when it was written: no clock that is right is earlier. */
  latestAtMs(): number;
}

/** `missing`: the ledger is not there; `older`: it ends earlier than was noted; `unknown`: the note cannot be read. */
export interface LedgerLoss {
  readonly ledger: "missing" | "older" | "unknown";
  /** Where the chain ended, and where the ledger ends now. */
  readonly notedSeq?: number;
  readonly seq: number;
}

export interface LedgerBounds {
  /** The chain is kept this long on the device, with the ids of its requests; what is older is the carrier's to keep. */
  readonly reportsKept: number;
  /** So many reports may wait for the broker; unsent ones are never dropped to make room. */
  readonly unsent: number;
}

const BOUNDS: LedgerBounds = { reportsKept: 10_000, unsent: 10_000 };
const PURGE_AT_ONCE = 100;

/** The ledger over a store. `nowMs` is the wall time. A chain goes on from its note where the ledger has lost its end. */
export function openLedger(
  store: Store,
  nowMs: () => number,
  { found, write }: ChainNote = NO_NOTE,
  bounds = BOUNDS,
): Ledger {
  const loss = lossOf(store, found);
  let noted = typeof found === "string" ? undefined : found;
  const head = () => latest(headOf(store), noted);
  const note = async () => {
    const end = head();
    if (noted && end.seq <= noted.seq) return;
    await write(end);
    noted = end;
  };
  const inTurn = openSerialiser();
  const find = (jti: string) => store.get(requestKey(jti)) as Entry | undefined;
  const unsentCount = () => store.count("outbox/", "outbox0");
  const unsent: Ledger["unsent"] = (limit, wanted) => {
    const seqs = store.range("outbox/", "outbox0", wanted ? bounds.unsent : limit).map(([, seq]) => seq as number);
    return (wanted ? seqs.filter(wanted).slice(0, limit) : seqs).flatMap((seq) => stored(store, seq));
  };
  const isUnsent = (seq: number) => store.get(outboxKey(seq)) !== undefined;
  return {
    loss,
    note,
    find,
    async accept(entry) {
      if (unsentCount() >= bounds.unsent) throw new OutboxFull(`${bounds.unsent} reports wait`);
      await store.write([put(requestKey(entry.jti), entry), put(runningKey(entry.jti), entry)]);
    },
    conclude: (entry, make) =>
      inTurn(async () => {
        const now = { head: head(), nowMs: nowMs(), kept: bounds.reportsKept };
        const report = await conclude(store, entry, make, now);
        await note();
        return report;
      }),
    unfinished: () =>
      store
        .range("running/", "running0", 100)
        .map(([, entry]) => entry as Entry)
        .filter(({ jti }) => find(jti)?.seq === undefined),
    unsent,
    unsentCount,
    isUnsent,
    reports: () =>
      store.range("report/", "report0", 1_000_000).map(([key, report]) => ({
        ...(report as Omit<StoredReport, "seq">),
        seq: Number(key.slice("report/".length)),
      })),
    resend: (seq) => store.write([put(outboxKey(seq), seq)]),
    resendRange(from, to, also = []) {
      const kept = store.range(reportKey(from), reportKey(to + 1), to - from + 1);
      const seqs = kept.map(([key]) => Number(key.slice("report/".length)));
      return store.write([...seqs.map((seq) => put(outboxKey(seq), seq)), ...also]);
    },
    acknowledged: (seqs) => store.write(seqs.map((seq) => remove(outboxKey(seq)))),
    async receipted(reports) {
      const isStored = ({ seq, digest: named }: Receipted) =>
        stored(store, seq).some(({ token }) => digest(token) === named);
      const seqs = reports.filter(isStored).map(({ seq }) => seq);
      const waiting = seqs.filter(isUnsent);
      if (waiting.length > 0) await store.write(waiting.map((seq) => remove(outboxKey(seq))));
      return seqs;
    },
    async giveUp(olderThanMs) {
      const old = unsent(PURGE_AT_ONCE).filter(({ atMs }) => atMs < olderThanMs);
      if (old.length > 0) await store.write(old.map(({ seq }) => remove(outboxKey(seq))));
      return old;
    },
    latestAtMs: () => stored(store, headOf(store).seq)[0]?.atMs ?? 0,
  };
}

function stored(store: Store, seq: number): readonly StoredReport[] {
  const report = store.get(reportKey(seq)) as Omit<StoredReport, "seq"> | undefined;
  return report ? [{ ...report, seq }] : [];
}

/** The report that a request has, if it has one. */
function reportOf(store: Store, jti: string): readonly StoredReport[] {
  const { seq } = (store.get(requestKey(jti)) as Entry | undefined) ?? {};
  return seq === undefined ? [] : stored(store, seq);
}

/** Where the head was lost, the last report still says where the chain ends. */
function headOf(store: Store): Head {
  const head = (store.get("head") as Head | undefined) ?? { seq: 0, prev: null };
  const beyond = store.range(reportKey(head.seq + 1), "report0", 1_000_000).at(-1);
  if (!beyond) return head;
  return { seq: Number(beyond[0].slice("report/".length)), prev: digest((beyond[1] as StoredReport).token) };
}

function latest(head: Head, noted: Head | undefined): Head {
  return noted && noted.seq > head.seq ? noted : head;
}

function lossOf(store: Store, found: ChainNote["found"]): LedgerLoss | undefined {
  const { seq } = headOf(store);
  if (found === "absent") return undefined;
  if (found === "damaged") return { ledger: "unknown", seq };
  if (!store.recovery.empty && seq >= found.seq) return undefined;
  return { ledger: store.recovery.empty ? "missing" : "older", notedSeq: found.seq, seq };
}

interface ConcludeNow {
  readonly head: Head;
  readonly nowMs: number;
  readonly kept: number;
}

async function conclude(
  store: Store,
  entry: Entry,
  make: (head: Head) => Promise<string>,
  { head, nowMs, kept }: ConcludeNow,
): Promise<StoredReport> {
  const { jti, reply, receipt } = entry;
  const [before] = reportOf(store, jti);
  if (before) return before;
  const token = await make(head);
  const seq = head.seq + 1;
  const report = { token, jti, atMs: nowMs, ...(reply ? { reply } : {}), ...(receipt ? { receipt } : {}) };
  await store.write([
    put("head", { seq, prev: digest(token) }),
    put(reportKey(seq), report),
    put(outboxKey(seq), seq),
    put(requestKey(jti), { ...entry, seq }),
    remove(runningKey(jti)),
    ...purge(store, seq - kept),
  ]);
  return { ...report, seq };
}

/**
 * What is too old to keep: reports up to a place in the chain, unless they were never sent, and with them the ids of
 * their requests. No clock is asked: one that jumps must not make a device forget what it has answered.
 */
function purge(store: Store, upTo: number): readonly Change[] {
  if (upTo <= 0) return [];
  return store
    .range(reportKey(0), reportKey(upTo + 1), PURGE_AT_ONCE)
    .filter(([key]) => store.get(key.replace("report/", "outbox/")) === undefined)
    .flatMap(([key, report]) => [remove(key), remove(requestKey((report as StoredReport).jti))]);
}

const requestKey = (jti: string) => `request/${jti}`;
const runningKey = (jti: string) => `running/${jti}`;
const reportKey = (seq: number) => `report/${padded(seq)}`;
const outboxKey = (seq: number) => `outbox/${padded(seq)}`;
const padded = (value: number) => String(value).padStart(16, "0");
const put = (key: string, value: unknown): Change => ({ type: "put", key, value });
const remove = (key: string): Change => ({ type: "del", key });
