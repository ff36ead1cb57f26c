import { join } from "node:path";
import { unreadable } from "../faults.ts";
import { openGroupCommit, StoreError } from "./group-commit.ts";
import { type JournalFile, openJournalFile, readJournalFile } from "./journal-file.ts";
import { type Change, type JournalContent, type Replayed, readJournal, replayJournals } from "./journal-format.ts";
import { recover } from "./recovery.ts";
import { type SortedMap, sortedMap } from "./sorted-map.ts";

export { StoreError } from "./group-commit.ts";
export type { Change } from "./journal-format.ts";

/** What opening found. */
interface Recovery {
  /** Neither file has a record: the store is new, or was removed. */
  readonly empty: boolean;
  /** Damaged lines of one file. Their content came from the other file. */
  readonly damaged: number;
  /** Batches that are damaged in both files. They cannot be restored. */
  readonly lost: number;
}

/**
 * A small durable map with sorted keys. A batch is written completely or not at all. `write` resolves when the batch is
 * synced in two files, so that it survives a power cut and damage to one file.
 */
export interface Store extends AsyncDisposable, Pick<SortedMap, "get" | "range" | "count"> {
  readonly recovery: Recovery;
  /** Throws StoreError if the files were removed or replaced: what is written would be lost with them. */
  check(): Promise<void>;
  /** Throws StoreError and then has changed nothing. Batches that wait at the same time are written as one. */
  write(changes: readonly Change[]): Promise<void>;
}

/**
 * Opens the store in a folder and creates it if it does not exist. A read-only folder opens, and each `write` tries
 * again. A damaged file is kept as `*.damaged` and written again from the other file; one that cannot be read is written again.
 * Throws DeviceFault `storage_failed`, and changes nothing, if no file can be read.
 */
export async function openStore(folder: string): Promise<Store> {
  const { files, replayed, recovery, journals } = await readStore(folder);
  const map = sortedMap(replayed.state);
  const writer = openGroupCommit(files, map, replayed.last);
  await recover({ files, journals, replayed, compact: writer.compact });
  return {
    recovery,
    get: map.get,
    range: map.range,
    count: map.count,
    check: () => checkFiles(files),
    write: writer.write,
    [Symbol.asyncDispose]: writer.close,
  };
}

/** A read-only store. Its owner may write at the same time. `write` throws. */
export async function readOnlyStore(folder: string): Promise<{ readonly store: Store; readonly recovery: Recovery }> {
  const { replayed, recovery } = await readStore(folder);
  const { get, range, count } = sortedMap(replayed.state);
  const write = async () => {
    throw new StoreError("this store was opened to be read");
  };
  const check = async () => undefined;
  return {
    recovery,
    store: { recovery, get, range, count, check, write, [Symbol.asyncDispose]: async () => undefined },
  };
}

async function checkFiles(files: readonly JournalFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.check())).catch((cause: unknown) => {
    throw new StoreError((cause as Error).message, { cause });
  });
}

interface ReadStore {
  readonly files: readonly JournalFile[];
  readonly journals: readonly JournalContent[];
  readonly replayed: Replayed;
  readonly recovery: Recovery;
}

const FILES = ["one.journal", "two.journal"] as const;

/** Reads a store without changing it. Its owner may write at the same time. */
async function readStore(folder: string): Promise<ReadStore> {
  const paths = FILES.map((name) => join(folder, name));
  const bytes = await Promise.all(paths.map(readJournalFile));
  const journals = bytes.map((one) => (one instanceof Error ? UNREADABLE : readJournal(one)));
  const replayed = replayJournals(journals);
  // What was acknowledged is in both files, so one of them is enough. Without either, nobody knows what was acknowledged.
  const cause = bytes.find((one) => one instanceof Error);
  if (cause && replayed.last === 0) throw unreadable("storage_failed", folder, cause);
  const damaged = journals.reduce((sum, journal) => sum + journal.damaged + (isGone(journal, replayed) ? 1 : 0), 0);
  const files = paths.map((path, i) => openJournalFile(path, sizeOf(bytes[i])));
  return { files, journals, replayed, recovery: { empty: replayed.last === 0, damaged, lost: replayed.lost } };
}

const sizeOf = (read: Buffer | Error | undefined) => (Buffer.isBuffer(read) ? read.length : 0);

const UNREADABLE: JournalContent = { records: new Map(), damaged: 1, goodBytes: 0 };

/** A file without records is lost if the other file has more than one. */
function isGone({ records, damaged }: JournalContent, { last }: Replayed): boolean {
  return last > 1 && records.size === 0 && damaged === 0;
}
