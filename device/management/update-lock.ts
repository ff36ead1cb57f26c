import { type FileHandle, link, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * The lock that prevents a fleet's supervisor from updating or restarting the device during a verification. It is a file that
 * only one process can make; balena's supervisor checks for the file, and its host checks flock(2) on it before a reboot. It
 * is held only during a session, because a device with a permanent lock would never be updated.
 */
export interface UpdateLock {
  /** The lock; `updating` if the supervisor holds it, because then it is about to stop this process. */
  take(): Promise<HeldLock | "updating">;
  /** Removes a lock that a killed process of this service left. Other locks are not touched. */
  removeStale(): Promise<void>;
}

interface HeldLock {
  /** Never rejects. A lock that cannot be removed now is removed before the next session. */
  letGo(): Promise<void>;
}

interface UpdateLockParts {
  /** The path; undefined if no lock is configured. */
  readonly path: string | undefined;
  /** Tries flock(2) on an open file; the lock lasts until the file is closed. */
  readonly flock: (descriptor: number) => boolean;
  /** The lock cannot be made. Called once until it can be made again; the device continues without a lock. */
  readonly failed: (reason: string) => void;
}

/** The content of this service's lock file, by which it recognises its own stale lock. */
const MARK = "matchlight session";
const NO_LOCK: HeldLock = { letGo: async () => undefined };

export function openUpdateLock({ path, flock, failed }: UpdateLockParts): UpdateLock {
  if (path === undefined) return { take: async () => NO_LOCK, removeStale: async () => undefined };
  let [reported, left] = [false, false];
  const without = (error: unknown) => {
    if (!reported) failed(String(error));
    reported = true;
    return NO_LOCK;
  };
  /** Removes an own lock that could not be removed before. Otherwise it would look like the supervisor's lock. */
  const makeAnew = async () => {
    if (left) await removeOwn(path, flock);
    const made = await make(path, flock);
    if (made !== "updating") left = false;
    return made;
  };
  const leave = (error: unknown) => {
    left = true;
    without(error);
  };
  return {
    async take() {
      const made = await makeAnew().catch((error: Error) => error);
      if (made === "updating") return made;
      if (made instanceof Error) return without(made);
      reported = false;
      return { letGo: () => letGo(path, made).catch(leave) };
    },
    removeStale: () => removeOwn(path, flock).catch(leave),
  };
}

/**
 * Makes the file beside its place, marks and locks it, and then links it to its name, which fails if the name exists. This is
 * as exclusive as O_EXCL, and a crash at any moment leaves either no lock or a marked one.
 */
async function make(path: string, flock: (descriptor: number) => boolean): Promise<FileHandle | "updating"> {
  const beside = join(dirname(path), ".matchlight-session");
  const file = await open(beside, "w", 0o644);
  try {
    await file.writeFile(`${MARK}\n`);
    if (!flock(file.fd)) throw new Error(`${beside} is locked by another process`);
    await link(beside, path);
    return file;
  } catch (error) {
    await file.close();
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return "updating";
    throw error;
  } finally {
    await rm(beside, { force: true }).catch(() => undefined);
  }
}

/** Removes the file before its flock ends, so that no process finds it without the flock. */
async function letGo(path: string, file: FileHandle): Promise<void> {
  await rm(path, { force: true }).finally(() => file.close());
}

/** Removes a file with this service's mark if it is stale: no process holds its flock. */
async function removeOwn(path: string, flock: (descriptor: number) => boolean): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined || !text.startsWith(MARK)) return;
  const file = await open(path, "r+");
  try {
    if (flock(file.fd)) await rm(path, { force: true });
  } finally {
    await file.close();
  }
}
