import { type FileHandle, link, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * The lock that keeps a fleet's supervisor from updating or restarting the device while somebody is being verified: a
 * file that only one can make, which balena's supervisor looks for, and flock(2) on it, which its host looks at before it
 * reboots. It is held for the length of a session only: held for ever, the device would never be updated.
 */
export interface UpdateLock {
  /** The lock; `updating` while a supervisor holds it, which means it is about to stop us. */
  take(): Promise<HeldLock | "updating">;
  /** Takes away what a process of ours left behind when it was killed. Nothing of anybody else's is touched. */
  removeStale(): Promise<void>;
}

export interface HeldLock {
  /** Never rejects. What cannot be removed now is removed before the next session. */
  letGo(): Promise<void>;
}

export interface UpdateLockParts {
  /** The path; undefined if no lock is configured. */
  readonly path: string | undefined;
  /** Tries for flock(2) on an open file; it lasts until the file is closed. */
  readonly flock: (descriptor: number) => boolean;
  /** The lock cannot be made. Called once until it can be made again; the device continues without a lock. */
  readonly failed: (reason: string) => void;
}

/** What our own lock file says, so that one left behind is known for ours. */
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
  /** Removes an own lock that could not be removed before; otherwise every session would take it for the supervisor's. */
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
 * Made beside its place, marked and locked, and only then given its name, which fails when there is one already: as
 * exclusive as O_EXCL, and no moment at which a blow leaves a lock that nobody knows for ours.
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

/** The file is removed first, so that nobody finds it without its flock. */
async function letGo(path: string, file: FileHandle): Promise<void> {
  await rm(path, { force: true }).finally(() => file.close());
}

/** Written by this service (it has its mark); stale if no process holds its flock. */
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
