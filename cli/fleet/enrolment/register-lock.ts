import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { processName } from "../../../device/management/data-folder-lock.ts";

const AGAIN_MS = 30;

export interface Patience {
  /**
   * A command holds the lock only for a moment. After this time, a lock whose owner is not a living process of this machine is
   * abandoned.
   */
  readonly leftBehindMs: number;
  readonly mostMs: number;
}

const PATIENCE: Patience = { leftBehindMs: 5_000, mostMs: 30_000 };

/**
 * Locks a register against other commands until disposal. Waits while another command holds the lock. The lock is a file that
 * names its owner by process and time. Throws Error if one owner keeps the lock longer than any command needs.
 */
export async function lockRegister(register: string, patience = PATIENCE): Promise<AsyncDisposable> {
  const lock = `${register}.lock`;
  const me = `${(await processName(process.pid)) ?? process.pid} ${randomUUID()}`;
  let seen = { owner: "", sinceMs: performance.now() };
  while (!(await create(lock, me))) {
    const owner = (await contentOf(lock)) ?? "";
    if (owner !== seen.owner) seen = { owner, sinceMs: performance.now() };
    const heldMs = performance.now() - seen.sinceMs;
    if (heldMs > patience.mostMs) throw new Error(locked(register, owner, heldMs));
    if (heldMs > patience.leftBehindMs && !(await isAlive(owner))) await removeLeftBehind(lock, owner);
    await sleep(AGAIN_MS * (1 + Math.random()));
  }
  return { [Symbol.asyncDispose]: () => rm(lock, { force: true }) };
}

async function isAlive(owner: string): Promise<boolean> {
  const name = await processName(Number(owner.split(" ")[0]));
  return name !== undefined && owner.startsWith(`${name} `);
}

/** Only one process at a time removes an abandoned lock. Otherwise a process could remove the lock of the next owner. */
async function removeLeftBehind(lock: string, owner: string): Promise<void> {
  const breaking = breakingOf(lock);
  if (!(await create(breaking, owner))) return;
  try {
    if ((await contentOf(lock)) === owner) await rm(lock, { force: true });
  } finally {
    await rm(breaking, { force: true });
  }
}

function breakingOf(lock: string): string {
  return `${lock}.breaking`;
}

function locked(register: string, owner: string, heldMs: number): string {
  const lock = `${register}.lock`;
  return `${register} has been locked for ${Math.ceil(heldMs / 1_000)} s by process ${owner.split(" ")[0] || "unknown"}, and nothing was changed. If that process is stuck or gone, end it, remove ${lock} and ${breakingOf(lock)}, and run this again.`;
}

/** False if the lock exists already. */
function create(file: string, content: string): Promise<boolean> {
  return writeFile(file, content, { flag: "wx" }).then(() => true, unless("EEXIST", false));
}

/** Undefined if there is no lock. */
function contentOf(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(unless("ENOENT", undefined));
}

function unless<T>(code: string, otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === code) return otherwise;
    throw error;
  };
}
