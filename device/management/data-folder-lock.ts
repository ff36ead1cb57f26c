import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DeviceFault, type Explanation } from "../faults.ts";

/**
 * Prevents a second Matchlight on the same data folder. The lock is a file with the owner's process id, its start time and
 * the boot id, so that a lock left by a power cut or SIGKILL is recognised as stale. Throws DeviceFault `storage_failed` if
 * the owner is alive. A folder that cannot be written needs no lock.
 */
export async function lockFolder(dataFolder: string): Promise<AsyncDisposable> {
  const file = join(dataFolder, "lock");
  const me = await processName(process.pid);
  for (let tries = 0; tries < 3; tries++) {
    const taken = await take(file, me ?? "");
    if (taken !== "there") return { [Symbol.asyncDispose]: async () => release(file, me, taken) };
    const owner = await ownerOf(file);
    const alive = owner !== "" && owner !== me && owner === (await processName(Number(owner.split(" ")[0])));
    if (alive) {
      throw new DeviceFault(
        "storage_failed",
        `${dataFolder} is used by another Matchlight, process ${parseInt(owner, 10)}.`,
        { instead: IN_USE },
      );
    }
    if (!(await removeLeftBehind(file, owner))) return { [Symbol.asyncDispose]: async () => undefined };
  }
  throw new DeviceFault("storage_failed", `${file} cannot be taken.`);
}

const EMPTY = { tries: 20, eachMs: 50 } as const;

/** The content of a lock. It is empty until its owner has written it; after a power cut at that moment it stays empty. */
async function ownerOf(file: string): Promise<string> {
  for (let tries = 0; tries < EMPTY.tries; tries++) {
    const owner = await readFile(file, "utf8").catch(() => undefined);
    if (owner !== "") return owner ?? "";
    await sleep(EMPTY.eachMs);
  }
  return "";
}

/**
 * Removes the lock of an owner that has ended, but not the lock of a process that has taken the folder since. Returns false
 * if the folder cannot be written.
 */
async function removeLeftBehind(file: string, owner: string): Promise<boolean> {
  const aside = `${file}.left-behind`;
  try {
    await rename(file, aside);
    if ((await readFile(aside, "utf8")) !== owner) await link(aside, file);
    await rm(aside, { force: true });
    return true;
  } catch (error) {
    // Another process removed the lock, or has taken the folder. The next try sees it.
    const { code = "" } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "EEXIST";
  }
}

const IN_USE: Explanation = {
  meaning: "Another running service uses the data folder.",
  remedy: "Stop the other service, or give each its own folder with MATCHLIGHT_DATA_DIR.",
};

type Taken = "taken" | "there" | "unwritable";

async function take(file: string, me: string): Promise<Taken> {
  try {
    await mkdir(join(file, ".."), { recursive: true, mode: 0o700 });
    const handle = await open(file, "wx", 0o600);
    await handle.writeFile(me).finally(() => handle.close());
    return "taken";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST" ? "there" : "unwritable";
  }
}

async function release(file: string, me: string | undefined, taken: Taken): Promise<void> {
  const owner = await readFile(file, "utf8").catch(() => undefined);
  if (taken === "taken" && owner === me) await rm(file, { force: true });
}

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
