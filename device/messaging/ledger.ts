import { openSerialiser } from "../../protocol/common/serialiser.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import type { Reply } from "../../protocol/mqtt/connection.ts";
import type { Change, Store } from "../storage/store.ts";
import { type ChainNote, type Head, NO_NOTE } from "./chain-note.ts";

export type { Head } from "./chain-note.ts";

/** An accepted request. `seq` is set when its report is stored. */
export interface Entry {
  readonly jti: string;
  readonly acceptedAtMs: number;
  readonly expiresAtMs: number;
  /** Where the sender waits for the answer, if the request says so. */
  readonly reply?: Reply;
  /** The carrier has promised a receipt for the report. */
  readonly receipt?: true;
  readonly seq?: number;
}

/** A stored report: its place in the chain, its compact token, its request and the time when it was stored. */
export interface StoredReport {
  readonly seq: number;
  readonly token: string;
  readonly jti: string;
  readonly atMs: number;
  readonly reply?: Reply;
  /** The report stays in the outbox until the carrier's archive has it; an acknowledgement by the broker is not enough. */
  readonly receipt?: true;
}

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
  /** Puts an earlier report into the outbox again. */
  resend(seq: number): Promise<void>;
  /** Does this for all kept reports between two places in the chain, in one step with other changes. */
  resendRange(from: number, to: number, also?: readonly Change[]): Promise<void>;
  acknowledged(seqs: readonly number[]): Promise<void>;
  /** Removes reports that the carrier's archive has from the outbox. Returns the places whose digests are right. */
  receipted(reports: readonly Receipted[]): Promise<readonly number[]>;
  isUnsent(seq: number): boolean;
  /** Removes reports from the outbox that have waited too long. They stay in the chain. */
  giveUp(olderThanMs: number): Promise<readonly StoredReport[]>;
  /** The time of the last report: a correct clock is not earlier. */
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
const PURGE_AT_ONCE = 100;

/** The ledger in a store. `nowMs` is the wall time. If the ledger has lost its end, the chain continues from its note. */
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

/** The report of a request, if there is one. */
function reportOf(store: Store, jti: string): readonly StoredReport[] {
  const { seq } = (store.get(requestKey(jti)) as Entry | undefined) ?? {};
  return seq === undefined ? [] : stored(store, seq);
}

/** The end of the chain. If its record is lost, the last report has it. */
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
 * The changes that remove reports up to a place in the chain, except unsent ones, and the ids of their requests. No clock
 * decides, because a clock that jumps must not make the device forget its answers.
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
