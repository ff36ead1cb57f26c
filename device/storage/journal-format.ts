import { crc32 } from "node:zlib";

/** One change of a batch. */
export type Change =
  | { readonly type: "put"; readonly key: string; readonly value: unknown }
  | { readonly type: "del"; readonly key: string };

/** One batch as it is written: its number, and whether everything before it is void (it holds all there is). */
export interface JournalRecord {
  readonly n: number;
  readonly reset?: true;
  readonly changes: readonly Change[];
}

/** What one copy of a journal holds. */
export interface JournalCopy {
  readonly records: ReadonlyMap<number, JournalRecord>;
  /** Lines that are not what was written. A last line that is not whole is none of them: the power went. */
  readonly damaged: number;
  /** Up to where the file is good, as far as its end is concerned. */
  readonly goodBytes: number;
}

/** A record as a line: eight hexadecimal digits of CRC-32, a space, JSON, a line feed. JSON has no line feed of its own. */
export function formatRecord(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

/** Reads a copy. Never throws: what is not a whole record is counted, and left out. */
export function readJournal(bytes: Buffer): JournalCopy {
  const records = new Map<number, JournalRecord>();
  let [damaged, from] = [0, 0];
  for (let feed = bytes.indexOf(0x0a); feed >= 0; feed = bytes.indexOf(0x0a, from)) {
    const record = readLine(bytes.subarray(from, feed));
    if (record) records.set(record.n, record);
    else damaged++;
    from = feed + 1;
  }
  return { records, damaged, goodBytes: from };
}

/** What several copies of one journal amount to. */
export interface Folded {
  readonly state: Map<string, unknown>;
  /** The records that count, in their order: from the newest that holds everything. */
  readonly played: readonly JournalRecord[];
  /** The number of the last record, 0 when there is none. */
  readonly last: number;
  /** Records that no copy holds any more. */
  readonly lost: number;
}

/** Plays the records of all copies together, in their order. A record is lost only when every copy has lost it. */
export function foldJournals(copies: readonly JournalCopy[]): Folded {
  const all = new Map(copies.flatMap(({ records }) => [...records]));
  const ordered = [...all.values()].sort((a, b) => a.n - b.n);
  const base = ordered.findLast(({ reset }) => reset)?.n ?? 1;
  const played = ordered.filter(({ n }) => n >= base);
  const state = new Map<string, unknown>();
  for (const { changes } of played) apply(state, changes);
  const last = ordered.at(-1)?.n ?? 0;
  return { state, played, last, lost: last === 0 ? 0 : last - base + 1 - played.length };
}

export function apply(state: Map<string, unknown>, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.type === "put") state.set(change.key, change.value);
    else state.delete(change.key);
  }
}

function readLine(line: Buffer): JournalRecord | undefined {
  const json = line.subarray(9);
  if (line[8] !== 0x20 || line.toString("latin1", 0, 8) !== checksum(json)) return undefined;
  return JSON.parse(json.toString("utf8"));
}

function checksum(json: string | Buffer): string {
  return crc32(json).toString(16).padStart(8, "0");
}
