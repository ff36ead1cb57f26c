import { copyFile, type FileHandle, mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder, writeWhole } from "./atomic-file.ts";

/**
 * One file of a journal, appended to. What `append` resolved for is on the disk. After a failure the file is cut back to
 * what it was before anything else is written, so that half a record never stands in the middle.
 */
export interface JournalFile {
  sizeBytes(): number;
  append(text: string): Promise<void>;
  /** Puts a whole new file into the place of this one, or leaves it as it is. */
  replace(text: string): Promise<void>;
  /** Takes back what stands behind; tried again before the next `append` if it fails. */
  cutBack(toBytes: number): Promise<void>;
  /** Keeps the file as it is now for whoever wants to look into what happened to it; one such file is kept. */
  setAside(): Promise<void>;
  close(): Promise<void>;
}

/** The bytes of a file; none when it is not there, undefined when it is there but cannot be read. */
export async function readJournalFile(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? Buffer.alloc(0) : undefined;
  }
}

/** The file is opened when something is written first: one in a read-only folder can still be read. */
export function openJournalFile(path: string, initialBytes: number): JournalFile {
  let handle: FileHandle | undefined;
  let size = initialBytes;
  let soiled = false;

  const opened = async () => {
    if (handle) return handle;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    handle = await open(path, "a", 0o600);
    if (size === 0) await syncFolder(dirname(path));
    return handle;
  };
  const cutBack = async (toBytes: number) => {
    size = toBytes;
    soiled = true;
    const file = await opened();
    await file.truncate(toBytes);
    await file.sync();
    soiled = false;
  };
  const close = async () => {
    await handle?.close();
    handle = undefined;
  };
  return {
    sizeBytes: () => size,
    async append(text) {
      if (soiled) await cutBack(size);
      const bytes = Buffer.from(text);
      const file = await opened();
      soiled = true;
      await file.appendFile(bytes);
      await file.datasync();
      soiled = false;
      size += bytes.length;
    },
    async replace(text) {
      await writeWhole(path, text);
      [size, soiled] = [Buffer.byteLength(text), false];
      await close();
    },
    cutBack,
    // One that cannot be read cannot be kept either; its place is taken all the same.
    setAside: () => copyFile(path, `${path}.damaged`).catch(() => undefined),
    close,
  };
}
