import { digest } from "../../protocol/encoding/tokens.ts";
import type { Reply } from "../../protocol/mqtt/connection.ts";
import type { Change, Store } from "../storage/store.ts";
import type { Head } from "./chain-note.ts";

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

/** The most reports that one step removes. */
export const PURGE_AT_ONCE = 100;
/** More reports than are ever kept. */
const ALL = 1_000_000;

/** The entry of a request, if it was accepted and is not purged. */
export function entryOf(store: Store, jti: string): Entry | undefined {
  return store.get(requestKey(jti)) as Entry | undefined;
}

/** The report at a place of the chain: a list of one, or an empty one if it is not kept. */
export function reportAt(store: Store, seq: number): readonly StoredReport[] {
  const report = store.get(reportKey(seq)) as Omit<StoredReport, "seq"> | undefined;
  return report ? [{ ...report, seq }] : [];
}

/** The kept reports between two places of the chain. */
export function reportsBetween(store: Store, from: number, to: number): readonly StoredReport[] {
  return reportsIn(store, reportKey(to + 1), from, to - from + 1);
}

/** All kept reports from a place of the chain on. */
export function reportsFrom(store: Store, from: number): readonly StoredReport[] {
  return reportsIn(store, AFTER_REPORTS, from, ALL);
}

function reportsIn(store: Store, end: string, from: number, most: number): readonly StoredReport[] {
  return store.range(reportKey(from), end, most).map(([key, report]) => ({
    ...(report as Omit<StoredReport, "seq">),
    seq: seqOf(key),
  }));
}

/** Accepted requests whose record says that they run. */
export function runningEntries(store: Store, most: number): readonly Entry[] {
  return store.range("running/", "running0", most).map(([, entry]) => entry as Entry);
}

/** The oldest places of the chain that are in the outbox. */
export function unsentSeqs(store: Store, most: number): readonly number[] {
  return store.range("outbox/", AFTER_OUTBOX, most).map(([, seq]) => seq as number);
}

export const countUnsent = (store: Store) => store.count("outbox/", AFTER_OUTBOX);

export const isInOutbox = (store: Store, seq: number) => store.get(outboxKey(seq)) !== undefined;

/** The changes of an accepted request. */
export const accepting = (entry: Entry): readonly Change[] => [
  put(requestKey(entry.jti), entry),
  put(runningKey(entry.jti), entry),
];

/** The changes that put reports into the outbox. */
export const intoOutbox = (seqs: readonly number[]): readonly Change[] => seqs.map((seq) => put(outboxKey(seq), seq));

/** The changes after which the report of a request is sent again, or for the first time, to where `reply` says. */
export function repeating(store: Store, jti: string, reply: Reply): readonly Change[] {
  const entry = entryOf(store, jti);
  if (entry === undefined) return [];
  const isNamed = reply.topic !== undefined || reply.correlation !== undefined;
  if (entry.seq === undefined) return isNamed ? accepting({ ...entry, reply }) : [];
  const readdressed = isNamed ? reportAt(store, entry.seq) : [];
  return [
    ...readdressed.map(({ seq, ...report }) => put(reportKey(seq), { ...report, reply })),
    ...intoOutbox([entry.seq]),
  ];
}

/** A report that the broker has, and where it was sent. */
export type Sent = Pick<StoredReport, "seq" | "reply">;

/** Whether a report was sent to where it is wanted: a repeated request may have come from another process meanwhile. */
export function isWhereWanted(store: Store, { seq, reply }: Sent): boolean {
  return reportAt(store, seq).every(
    ({ reply: wanted }) => wanted?.topic === reply?.topic && wanted?.correlation === reply?.correlation,
  );
}

/** The changes that remove reports from the outbox. */
export const outOfOutbox = (seqs: readonly number[]): readonly Change[] => seqs.map((seq) => remove(outboxKey(seq)));

/** The report of a request, if there is one. */
function reportOf(store: Store, jti: string): readonly StoredReport[] {
  const seq = entryOf(store, jti)?.seq;
  return seq === undefined ? [] : reportAt(store, seq);
}

/** The end of the chain. If its record is lost, the last report has it. */
export function headOf(store: Store): Head {
  const head = (store.get("head") as Head | undefined) ?? { seq: 0, prev: null };
  const beyond = reportsFrom(store, head.seq + 1).at(-1);
  return beyond ? { seq: beyond.seq, prev: digest(beyond.token) } : head;
}

interface ConcludeNow {
  readonly head: Head;
  readonly nowMs: number;
  readonly kept: number;
}

/**
 * Stores the report of a request in one step with its place in the chain and in the outbox. If the request already has a report,
 * that one is returned and `make` is not called.
 */
export async function conclude(
  store: Store,
  entry: Entry,
  make: (head: Head) => Promise<string>,
  { head, nowMs, kept }: ConcludeNow,
): Promise<StoredReport> {
  const { jti, receipt } = entry;
  const [before] = reportOf(store, jti);
  if (before) return before;
  const token = await make(head);
  const reply = entryOf(store, jti)?.reply ?? entry.reply;
  const seq = head.seq + 1;
  const report = { token, jti, atMs: nowMs, ...(reply ? { reply } : {}), ...(receipt ? { receipt } : {}) };
  await store.write([
    put("head", { seq, prev: digest(token) }),
    put(reportKey(seq), report),
    put(outboxKey(seq), seq),
    put(requestKey(jti), { ...entry, ...(reply ? { reply } : {}), seq }),
    remove(runningKey(jti)),
    ...purge(store, seq - kept),
  ]);
  return { ...report, seq };
}

/**
 * The changes that remove the oldest reports up to a place in the chain, except unsent ones, and the ids of their requests. No
 * clock decides, because a clock that jumps must not make the device forget its answers.
 */
function purge(store: Store, upTo: number, from = 0): readonly Change[] {
  if (upTo <= 0) return [];
  const oldest = reportsIn(store, reportKey(upTo + 1), from, PURGE_AT_ONCE);
  const sent = oldest.filter(({ seq }) => !isInOutbox(store, seq));
  const last = oldest.at(-1);
  // Reports for which a receipt never comes may be the oldest for half a year.
  if (last && sent.length === 0) return purge(store, upTo, last.seq + 1);
  return sent.flatMap(({ seq, jti }) => [remove(reportKey(seq)), remove(requestKey(jti))]);
}

const requestKey = (jti: string) => `request/${jti}`;
const runningKey = (jti: string) => `running/${jti}`;
const reportKey = (seq: number) => `report/${padded(seq)}`;
const outboxKey = (seq: number) => `outbox/${padded(seq)}`;
const seqOf = (key: string) => Number(key.slice("report/".length));
/** Keys are ordered by their bytes, and "0" follows "/": these keys follow all reports, and all of the outbox. */
const [AFTER_REPORTS, AFTER_OUTBOX] = ["report0", "outbox0"];
const padded = (value: number) => String(value).padStart(16, "0");
const put = (key: string, value: unknown): Change => ({ type: "put", key, value });
const remove = (key: string): Change => ({ type: "del", key });
