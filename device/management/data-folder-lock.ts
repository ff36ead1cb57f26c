import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DeviceFault, type Explanation } from "../faults.ts";

/**
 * Keeps a second Matchlight off a data folder. The lock is a file that names its owner by process, the moment it was
 * started and the boot it belongs to, so that one left behind by a power cut or SIGKILL is known for what it is.
 * Throws DeviceFault `storage_failed` when the owner is alive. A folder that cannot be written needs no lock.
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

/** What a lock says. It is empty until its owner has written it, and stays so only when the power was cut meanwhile. */
async function ownerOf(file: string): Promise<string> {
  for (let tries = 0; tries < EMPTY.tries; tries++) {
    const owner = await readFile(file, "utf8").catch(() => undefined);
    if (owner !== "") return owner ?? "";
    await sleep(EMPTY.eachMs);
  }
  return "";
}

/**
 * Removes the lock of an owner who is gone, and not the one of whoever has taken the folder since. False when the folder cannot be
 * written.
 */
async function removeLeftBehind(file: string, owner: string): Promise<boolean> {
  const aside = `${file}.left-behind`;
  try {
    await rename(file, aside);
    if ((await readFile(aside, "utf8")) !== owner) await link(aside, file);
    await rm(aside, { force: true });
    return true;
  } catch (error) {
    // Somebody else removed it, or has the folder: the next try sees that.
    const { code = "" } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "EEXIST";
  }
}

const IN_USE: Explanation = {
  meaning: "The data folder belongs to a service that runs.",
  remedy: "Stop that one first, or give each its own folder with MATCHLIGHT_DATA_DIR.",
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

/** "pid start boot", or undefined when there is no such process. proc(5): field 22 of stat is the start in clock ticks. */
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
