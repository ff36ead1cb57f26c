import { copyFile, type FileHandle, mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder, writeWhole } from "./atomic-file.ts";

/**
 * A journal file. When `append` resolves, the data is on the disk. After a failure the file is cut to its previous
 * length before the next write, so that no partial record stays in the middle.
 */
export interface JournalFile {
  sizeBytes(): number;
  append(text: string): Promise<void>;
  /** Replaces the file, or leaves it as it is. */
  replace(text: string): Promise<void>;
  /** Removes what follows. If this fails, the next `append` tries it again. */
  cutBack(toBytes: number): Promise<void>;
  /** Keeps a copy of the file for analysis. One such file is kept. */
  keepDamaged(): Promise<void>;
  close(): Promise<void>;
}

/** The bytes of a file: empty if it does not exist, undefined if it cannot be read. */
export async function readJournalFile(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? Buffer.alloc(0) : undefined;
  }
}

/** The file is opened at the first write, because a file in a read-only folder can still be read. */
export function openJournalFile(path: string, initialBytes: number): JournalFile {
  let handle: FileHandle | undefined;
  let size = initialBytes;
  let dirty = false;

  const opened = async () => {
    if (handle) return handle;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    handle = await open(path, "a", 0o600);
    if (size === 0) await syncFolder(dirname(path));
    return handle;
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
    await handle?.close();
    handle = undefined;
  };
  return {
    sizeBytes: () => size,
    async append(text) {
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
      await writeWhole(path, text);
      [size, dirty] = [Buffer.byteLength(text), false];
      await close();
    },
    cutBack,
    // An unreadable file cannot be copied. It is replaced in any case.
    keepDamaged: () => copyFile(path, `${path}.damaged`).catch(() => undefined),
    close,
  };
}
