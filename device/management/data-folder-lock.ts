import { constants } from "node:fs";
import { access, type FileHandle, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loadAddon } from "../../drivers/addon.ts";
import { DeviceFault, type Explanation, unreadable } from "../faults.ts";

const TRIES = 3;
/** Another user of the folder can lock a file that was left behind: flock(2) needs no permission to write. */
const READABLE = 0o644;

/**
 * Prevents a second Matchlight on the same data folder. The lock is flock(2) on a file. The kernel ends it with its owner, and it
 * also holds between containers, where process ids say nothing. The file names the owner. Throws DeviceFault `storage_failed`
 * if another process has the lock. A folder that cannot be written needs no lock.
 */
export async function lockFolder(dataFolder: string): Promise<AsyncDisposable> {
  const path = join(dataFolder, "lock");
  for (let tries = 0; tries < TRIES; tries++) {
    const file = await openLock(path);
    if (!file) return { [Symbol.asyncDispose]: async () => undefined };
    if (await take(file, path)) return { [Symbol.asyncDispose]: () => release(file, path) };
  }
  throw new DeviceFault("storage_failed", `${path} cannot be taken.`);
}

/** Undefined in a folder that cannot be written. */
async function openLock(path: string): Promise<FileHandle | undefined> {
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await open(path, constants.O_RDWR | constants.O_CREAT, READABLE).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EACCES") throw error;
      return open(path, constants.O_RDONLY);
    });
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    // The lock of another user in a folder that can be written: it may be in use.
    if (cause.code === "EACCES" && (await isWritable(folder))) throw unreadable("storage_failed", path, cause);
    return undefined;
  }
}

function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** Returns false if the owner before has removed the file meanwhile: a lock on it would exclude nobody. */
async function take(file: FileHandle, path: string): Promise<boolean> {
  try {
    if (!loadAddon().lockFile(file.fd)) throw inUse(dirname(path), await ownerOf(path));
    const here = await stat(path).catch(() => undefined);
    if (here?.ino === (await file.stat()).ino) {
      await nameOwner(file);
      return true;
    }
  } catch (error) {
    await file.close();
    if (error instanceof DeviceFault) throw error;
    throw new DeviceFault("storage_failed", `${path} cannot be locked: ${(error as Error).message}.`, {
      cause: error,
      instead: NO_LOCKS,
    });
  }
  await file.close();
  return false;
}

/** Also gives the file the permissions that a service's umask takes away. A full disk prevents the name and not the lock. */
async function nameOwner(file: FileHandle): Promise<void> {
  const name = (await processName(process.pid)) ?? "";
  await file
    .chmod(READABLE)
    .then(() => file.truncate())
    .then(() => file.write(name, 0))
    .catch(() => undefined);
}

/** Removes the file before its lock ends, so that no process finds it without the lock. A file that stays locks nothing. */
async function release(file: FileHandle, path: string): Promise<void> {
  await rm(path, { force: true })
    .catch(() => undefined)
    .finally(() => file.close());
}

/** The process that the lock names; undefined if this process cannot see it. */
async function ownerOf(path: string): Promise<number | undefined> {
  const owner = await readFile(path, "utf8").catch(() => "");
  const pid = Number.parseInt(owner, 10);
  return owner !== "" && owner === (await processName(pid)) ? pid : undefined;
}

function inUse(dataFolder: string, pid: number | undefined): DeviceFault {
  const owner = pid === undefined ? "perhaps in another container" : `process ${pid}`;
  return new DeviceFault("storage_failed", `${dataFolder} is used by another Matchlight, ${owner}.`, {
    instead: IN_USE,
  });
}

const NO_LOCKS: Explanation = {
  meaning: "The data folder is on a file system without locks, or the addon of this package is not built.",
  remedy: "Put the data folder on a local disk (MATCHLIGHT_DATA_DIR); in a clone, run `npm ci` again.",
};

const IN_USE: Explanation = {
  meaning: "Another running service uses the data folder.",
  remedy: "Stop the other service, or give each its own folder with MATCHLIGHT_DATA_DIR.",
};

/** "pid start boot"; undefined without such a process. proc(5): field 22 of stat is the start in clock ticks. */
export async function processName(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    return `${pid} ${start} ${boot.trim()}`;
  } catch {
    return undefined;
  }
}
