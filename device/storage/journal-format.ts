import { crc32 } from "node:zlib";

/** One change of a batch. */
export type Change =
  | { readonly type: "put"; readonly key: string; readonly value: unknown }
  | { readonly type: "del"; readonly key: string };

/** A batch as it is written: its number, and whether it replaces everything before it. */
export interface JournalRecord {
  readonly n: number;
  readonly reset?: true;
  readonly changes: readonly Change[];
}

/** The content of one journal file. */
export interface JournalContent {
  readonly records: ReadonlyMap<number, JournalRecord>;
  /** Lines with a wrong checksum. An incomplete last line does not count: it is a torn write. */
  readonly damaged: number;
  /** The length of the file without an incomplete last line. */
  readonly goodBytes: number;
}

/** A record as a line: eight hexadecimal digits of CRC-32, a space, JSON, a line feed. The JSON has no line feed. */
export function formatRecord(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

/** Reads a journal. Never throws: a damaged line is counted and skipped. */
export function readJournal(bytes: Buffer): JournalContent {
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

/** The content of both journals together. */
export interface Replayed {
  readonly state: Map<string, unknown>;
  /** The records in force, in order, from the last one with `reset`. */
  readonly replayed: readonly JournalRecord[];
  /** The number of the last record, 0 when there is none. */
  readonly last: number;
  /** Records that no journal has any more. */
  readonly lost: number;
}

/** Applies the records of all journals in order. A record is lost only if it is damaged in every journal. */
export function replayJournals(journals: readonly JournalContent[]): Replayed {
  const all = new Map(journals.flatMap(({ records }) => [...records]));
  const ordered = [...all.values()].sort((a, b) => a.n - b.n);
  const base = ordered.findLast(({ reset }) => reset)?.n ?? 1;
  const replayed = ordered.filter(({ n }) => n >= base);
  const state = new Map<string, unknown>();
  for (const { changes } of replayed) apply(state, changes);
  const last = ordered.at(-1)?.n ?? 0;
  return { state, replayed, last, lost: last === 0 ? 0 : last - base + 1 - replayed.length };
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
