import type { JournalFile } from "./journal-file.ts";
import { type Change, formatRecord, type JournalRecord } from "./journal-format.ts";
import type { SortedMap } from "./sorted-map.ts";

/** The disk refused a write. Nothing changed. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** Writes batches to each journal file and then to the map. */
interface GroupCommit {
  write(changes: readonly Change[]): Promise<void>;
  /** Replaces the files by the content of the map. */
  compact(): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly done: (error?: StoreError) => void;
}

/** Files are compacted when they are this much longer than twice their live content. */
const SLACK_BYTES = 1_000_000;
/** The most batches in one write. A memory card is faster with few large writes. */
const BATCHES_AT_ONCE = 64;

export function openGroupCommit(files: readonly JournalFile[], map: SortedMap, lastNumber: number): GroupCommit {
  const queue: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let last = lastNumber;
  let compactAtBytes = SLACK_BYTES + 2 * Math.max(0, ...files.map((file) => file.sizeBytes()));

  const append = async (record: JournalRecord) => {
    const text = formatRecord(record);
    const before = files.map((file) => file.sizeBytes());
    const results = await Promise.allSettled(files.map((file) => file.append(text)));
    const failed = results.find((result) => result.status === "rejected");
    if (!failed) return;
    await Promise.allSettled(files.map((file, i) => file.cutBack(before[i] ?? 0)));
    throw new StoreError(`the data folder cannot be written: ${(failed.reason as Error).message}`, {
      cause: failed.reason,
    });
  };
  const compact = async () => {
    const changes = [...map.entries()].map(([key, value]): Change => ({ type: "put", key, value }));
    const n = last + 1;
    const text = formatRecord({ n, reset: true, changes });
    for (const file of files) {
      await file.replace(text);
      last = n;
    }
    compactAtBytes = SLACK_BYTES + 2 * Buffer.byteLength(text);
  };
  const compactIfLong = async () => {
    if (files.every((file) => file.sizeBytes() < compactAtBytes)) return;
    // A full disk has no space for a compaction. The journals stay valid; the next attempt comes a megabyte later.
    await compact().catch(() => {
      compactAtBytes += SLACK_BYTES;
    });
  };
  const writeAll = async () => {
    while (queue.length > 0) {
      const group = queue.splice(0, BATCHES_AT_ONCE);
      const changes = group.flatMap((one) => one.changes);
      try {
        await append({ n: last + 1, changes });
        last++;
        map.apply(changes);
        for (const { done } of group) done();
      } catch (error) {
        for (const { done } of group) done(error as StoreError);
      }
      await compactIfLong();
    }
    writing = undefined;
  };
  return {
    write: (changes) =>
      new Promise((resolve, reject) => {
        queue.push({ changes, done: (error) => (error ? reject(error) : resolve()) });
        writing ??= writeAll();
      }),
    compact,
    async close() {
      await writing;
      await Promise.allSettled(files.map((file) => file.close()));
    },
  };
}
