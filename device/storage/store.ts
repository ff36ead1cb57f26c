import { join } from "node:path";
import { openGroupCommit, StoreError } from "./group-commit.ts";
import { type JournalFile, openJournalFile, readJournalFile } from "./journal-file.ts";
import { type Change, type Folded, foldJournals, type JournalCopy, readJournal } from "./journal-format.ts";
import { recover } from "./recovery.ts";
import { type SortedMap, sortedMap } from "./sorted-map.ts";

export { StoreError } from "./group-commit.ts";
export type { Change } from "./journal-format.ts";

/** What opening found. */
export interface Recovery {
  /** Lines that were damaged in one of the two files; what they said was taken from the other. */
  readonly damaged: number;
  /** Batches that both files have lost: nothing brings them back. */
  readonly lost: number;
}

/**
 * A small durable map with ordered keys. A batch is all or nothing, and synced to the disk twice, into two files, before
 * it resolves: what was written survives a power cut, and damage to either file.
 */
export interface Store extends AsyncDisposable, Pick<SortedMap, "get" | "range" | "count"> {
  readonly recovery: Recovery;
  /** Throws StoreError, and has changed nothing then. Batches that are asked for at the same time are written at once. */
  write(changes: readonly Change[]): Promise<void>;
}

/**
 * Opens the store in a folder, making it when it is not there. One that cannot be written is opened with what can be
 * read, and every `write` tries again; a damaged file is set aside and made anew from the other.
 */
export async function openStore(folder: string): Promise<Store> {
  const { files, folded, recovery, copies } = await readStore(folder);
  const shelf = sortedMap(folded.state);
  const writer = openGroupCommit(files, shelf, folded.last);
  await recover({ files, copies, folded, renew: writer.renew });
  return {
    recovery,
    get: shelf.get,
    range: shelf.range,
    count: shelf.count,
    write: writer.write,
    [Symbol.asyncDispose]: writer.close,
  };
}

/** A store to look into, also while its owner writes it; `write` throws. */
export async function readOnlyStore(folder: string): Promise<{ readonly store: Store; readonly recovery: Recovery }> {
  const { folded, recovery } = await readStore(folder);
  const { get, range, count } = sortedMap(folded.state);
  const write = async () => {
    throw new StoreError("this store was opened to be read");
  };
  return { recovery, store: { recovery, get, range, count, write, [Symbol.asyncDispose]: async () => undefined } };
}

interface ReadStore {
  readonly files: readonly JournalFile[];
  readonly copies: readonly JournalCopy[];
  readonly folded: Folded;
  readonly recovery: Recovery;
}

const FILES = ["one.journal", "two.journal"] as const;

/** Reads a store and changes nothing, also while its owner writes it. */
async function readStore(folder: string): Promise<ReadStore> {
  const paths = FILES.map((name) => join(folder, name));
  const bytes = await Promise.all(paths.map(readJournalFile));
  const copies = bytes.map((one) => one && readJournal(one)).map((copy) => copy ?? UNREADABLE);
  const folded = foldJournals(copies);
  const damaged = copies.reduce((sum, copy) => sum + copy.damaged + (isGone(copy, folded) ? 1 : 0), 0);
  const files = paths.map((path, i) => openJournalFile(path, bytes[i]?.length ?? 0));
  return { files, copies, folded, recovery: { damaged, lost: folded.lost } };
}

const UNREADABLE: JournalCopy = { records: new Map(), damaged: 1, goodBytes: 0 };

/** A file without a single record beside one with many was lost as a whole. */
function isGone({ records, damaged }: JournalCopy, { last }: Folded): boolean {
  return last > 1 && records.size === 0 && damaged === 0;
}
