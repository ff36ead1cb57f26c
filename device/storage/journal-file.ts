import { copyFile, type FileHandle, mkdir, open, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder, writeWhole } from "./atomic-file.ts";

/**
 * A journal file. When `append` resolves, the data is on the disk. After a failure the file is cut to its previous
 * length before the next write, so that no partial record stays in the middle.
 */
export interface JournalFile {
  sizeBytes(): number;
  /** Throws when the file at its path is not the one that is written: it was removed, replaced or cut. */
  check(): Promise<void>;
  append(text: string): Promise<void>;
  /** Replaces the file, or leaves it as it is. */
  replace(text: string): Promise<void>;
  /** Removes what follows. If this fails, the next `append` tries it again. */
  cutBack(toBytes: number): Promise<void>;
  /** Keeps a copy of the file for analysis. One such file is kept. */
  keepDamaged(): Promise<void>;
  close(): Promise<void>;
}

/** The bytes of a file, empty if it does not exist; or why it cannot be read. */
export async function readJournalFile(path: string): Promise<Buffer | NodeJS.ErrnoException> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? Buffer.alloc(0) : error));
}

/** The file is opened at the first write, because a file in a read-only folder can still be read. */
export function openJournalFile(path: string, initialBytes: number): JournalFile {
  let handle: FileHandle | undefined;
  let size = initialBytes;
  let dirty = false;
  /** The result of a check is void after an opening, a closing or a replacement. */
  let changes = 0;
  let replacing = false;

  const opened = async () => {
    if (handle) return handle;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    handle = await open(path, "a", 0o600);
    changes++;
    if (size === 0) await syncFolder(dirname(path));
    return handle;
  };
  const check = async () => {
    const [before, held, atLeast] = [changes, handle, size];
    const here = await stat(path).catch(() => undefined);
    const same = held ? here?.ino === (await held.stat().catch(() => undefined))?.ino : (here?.size ?? 0) >= atLeast;
    if (!same && !replacing && changes === before)
      throw new Error("a journal was removed or replaced while it was in use");
  };
  const cutBack = async (toBytes: number) => {
    size = toBytes;
    dirty = true;
    const file = await opened();
    await file.truncate(toBytes);
    await file.sync();
    dirty = false;
  };
  const close = async () => {
    changes++;
    await handle?.close();
    handle = undefined;
  };
  return {
    sizeBytes: () => size,
    check,
    async append(text) {
      await check();
      if (dirty) await cutBack(size);
      const bytes = Buffer.from(text);
      const file = await opened();
      dirty = true;
      await file.appendFile(bytes);
      await file.datasync();
      dirty = false;
      size += bytes.length;
    },
    async replace(text) {
      replacing = true;
      try {
        await writeWhole(path, text);
        [size, dirty] = [Buffer.byteLength(text), false];
        await close();
      } finally {
        changes++;
        replacing = false;
      }
    },
    cutBack,
    // An unreadable file cannot be copied. It is replaced in any case.
    keepDamaged: () => copyFile(path, `${path}.damaged`).catch(() => undefined),
    close,
  };
}
