import { digest } from "./seal.ts";
import type { Change, Store } from "./store.ts";

/** A request that was accepted. `seq` is there once its report is. */
export interface Entry {
  readonly jti: string;
  readonly acceptedAtMs: number;
  readonly expiresAtMs: number;
  readonly seq?: number;
}

/** A report as it is stored: its place in the chain and its compact token. */
export interface StoredReport {
  readonly seq: number;
  readonly token: string;
}

/** The end of the chain: the last sequence number, and the digest of its report. */
export interface Head {
  readonly seq: number;
  readonly prev: string | null;
}

/**
 * What the device promised and what it answered. Promises: an accepted request is on the disk before `accept` resolves;
 * a report, its place in the chain and its place in the outbox are written in one step; one request never gets two.
 */
export interface Ledger {
  find(jti: string): Promise<Entry | undefined>;
  accept(entry: Entry): Promise<void>;
  /** Stores the report that `make` signs for the next place in the chain. Reports are stored one at a time. */
  conclude(entry: Entry, make: (head: Head) => Promise<string>): Promise<StoredReport>;
  /** Accepted requests without a report: the device was interrupted. */
  unfinished(): Promise<readonly Entry[]>;
  /** The oldest report that the broker has not acknowledged. */
  oldestUnsent(): Promise<StoredReport | undefined>;
  /** Puts an earlier report into the outbox again. */
  resend(seq: number): Promise<void>;
  acknowledged(seq: number): Promise<void>;
}

/** An expired request is remembered a little longer than a request may live, whatever the clocks did. */
const REMEMBER_MS = 1_200_000;
/** The chain is kept this long on the device; older reports are the carrier's to keep. */
const REPORTS_KEPT = 10_000;
const PURGE_AT_ONCE = 100;

/** The ledger over a store. `nowMs` is the wall time. */
export function openLedger(store: Store, nowMs: () => number): Ledger {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  return {
    find: async (jti) => (await store.get(requestKey(jti))) as Entry | undefined,
    accept: (entry) => store.write([put(requestKey(entry.jti), entry), put(runningKey(entry.jti), entry)]),
    conclude: (entry, make) => inTurn(() => conclude(store, entry, make, nowMs())),
    unfinished: async () => (await store.range("running/", "running0", 100)).map(([, entry]) => entry as Entry),
    async oldestUnsent() {
      const [first] = await store.range("outbox/", "outbox0", 1);
      if (!first) return undefined;
      const seq = first[1] as number;
      return { seq, token: (await store.get(reportKey(seq))) as string };
    },
    resend: (seq) => store.write([put(outboxKey(seq), seq)]),
    acknowledged: (seq) => store.write([{ type: "del", key: outboxKey(seq) }]),
  };
}

async function conclude(
  store: Store,
  entry: Entry,
  make: (head: Head) => Promise<string>,
  nowMs: number,
): Promise<StoredReport> {
  const head = ((await store.get("head")) as Head | undefined) ?? { seq: 0, prev: null };
  const token = await make(head);
  const seq = head.seq + 1;
  await store.write([
    put("head", { seq, prev: digest(token) }),
    put(reportKey(seq), token),
    put(outboxKey(seq), seq),
    put(requestKey(entry.jti), { ...entry, seq }),
    put(`${expiryPrefix(entry.expiresAtMs + REMEMBER_MS)}/${entry.jti}`, entry.jti),
    { type: "del", key: runningKey(entry.jti) },
    ...(await purge(store, seq, nowMs)),
  ]);
  return { seq, token };
}

/** What is too old to keep: requests long expired, and reports beyond the bound, unless they were never sent. */
async function purge(store: Store, seq: number, nowMs: number): Promise<readonly Change[]> {
  const expired = await store.range("expiry/", expiryPrefix(nowMs), PURGE_AT_ONCE);
  const old = await store.range(reportKey(0), reportKey(Math.max(0, seq - REPORTS_KEPT)), PURGE_AT_ONCE);
  const unsent = await Promise.all(old.map(([key]) => store.get(key.replace("report/", "outbox/"))));
  return [
    ...expired.flatMap(([key, jti]) => [remove(key), remove(requestKey(jti as string))]),
    ...old.filter((_, i) => unsent[i] === undefined).map(([key]) => remove(key)),
  ];
}

const requestKey = (jti: string) => `request/${jti}`;
const runningKey = (jti: string) => `running/${jti}`;
const reportKey = (seq: number) => `report/${padded(seq)}`;
const outboxKey = (seq: number) => `outbox/${padded(seq)}`;
const expiryPrefix = (atMs: number) => `expiry/${padded(Math.max(0, Math.round(atMs)))}`;
const padded = (value: number) => String(value).padStart(16, "0");
const put = (key: string, value: unknown): Change => ({ type: "put", key, value });
const remove = (key: string): Change => ({ type: "del", key });
