import type { JournalFile } from "./journal-file.ts";
import { type Change, formatRecord, type JournalRecord } from "./journal-format.ts";
import type { SortedMap } from "./sorted-map.ts";

/** The disk did not take what it was given; nothing was changed. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** Writes batches to every copy of a journal and then to the shelf. */
export interface GroupCommit {
  write(changes: readonly Change[]): Promise<void>;
  /** Makes copies anew, by default all, so that they hold what is on the shelf and nothing older. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly done: (error?: StoreError) => void;
}

/** Files are made anew when they are this much longer than twice what is alive in them. */
const SLACK_BYTES = 1_000_000;
/** So many batches may be written as one: a card likes few large writes better than many small ones. */
const AT_ONCE = 64;

export function openGroupCommit(files: readonly JournalFile[], shelf: SortedMap, lastNumber: number): GroupCommit {
  const queue: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let last = lastNumber;
  let renewAtBytes = SLACK_BYTES + 2 * Math.max(0, ...files.map((file) => file.sizeBytes()));

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
  const renew = async () => {
    const changes = [...shelf.entries()].map(([key, value]): Change => ({ type: "put", key, value }));
    const n = last + 1;
    const text = formatRecord({ n, reset: true, changes });
    for (const file of files) {
      await file.replace(text);
      last = n;
    }
    renewAtBytes = SLACK_BYTES + 2 * Buffer.byteLength(text);
  };
  const tidy = async () => {
    if (files.every((file) => file.sizeBytes() < renewAtBytes)) return;
    // A full disk has no room for it now; what is written stays good, and it is tried again a megabyte later.
    await renew().catch(() => {
      renewAtBytes += SLACK_BYTES;
    });
  };
  const writeAll = async () => {
    while (queue.length > 0) {
      const group = queue.splice(0, AT_ONCE);
      const changes = group.flatMap((one) => one.changes);
      try {
        await append({ n: last + 1, changes });
        last++;
        shelf.apply(changes);
        for (const { done } of group) done();
      } catch (error) {
        for (const { done } of group) done(error as StoreError);
      }
      await tidy();
    }
    writing = undefined;
  };
  return {
    write: (changes) =>
      new Promise((resolve, reject) => {
        queue.push({ changes, done: (error) => (error ? reject(error) : resolve()) });
        writing ??= writeAll();
      }),
    renew,
    async close() {
      await writing;
      await Promise.allSettled(files.map((file) => file.close()));
    },
  };
}
