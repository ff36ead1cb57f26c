import { constants } from "node:fs";
import { lstat, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DeviceFault, unreadable } from "../faults.ts";

/** The parts of a camera's data folder with a description, to list what was removed. */
const PARTS = {
  "identity.json": "the camera's own keys",
  "provisioned.json": "what its enrolment has brought, and the TLS key",
  tls: "TLS key and certificates",
  "chain.json": "where the chain of reports ended last",
  ledger: "requests, reports, configuration and which pack is in force",
  packs: "model packs that were sent",
  // Written by version 0.1.0.
  "pack-choice.json": "which shipped pack is faster on this board",
} as const;

/** A part that was removed. */
interface Wiped {
  readonly what: string;
  readonly files: number;
  readonly sizeBytes: number;
}

const isOwn = (name: string) => Object.hasOwn(PARTS, name.replace(/\.(new|damaged)$/, ""));

/** Whether a camera has written anything to a folder. Throws DeviceFault `storage_failed` if it cannot be read. */
export async function holdsCamera(dataFolder: string): Promise<boolean> {
  return (await namesIn(dataFolder)).some(isOwn);
}

async function namesIn(dataFolder: string): Promise<readonly string[]> {
  return readdir(dataFolder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    throw unreadable("storage_failed", dataFolder, cause);
  });
}

/**
 * Overwrites and removes everything that a camera has written, and nothing else. Flash memory may keep old copies of
 * overwritten data: destroy or encrypt a card before you give it away. Throws DeviceFault `storage_failed`; files that are
 * already removed stay removed.
 */
export async function wipe(
  dataFolder: string,
): Promise<{ readonly wiped: readonly Wiped[]; readonly left: readonly string[] }> {
  const names = await namesIn(dataFolder);
  const wiped: Wiped[] = [];
  for (const name of names.filter(isOwn)) {
    const what = PARTS[name.replace(/\.(new|damaged)$/, "") as keyof typeof PARTS];
    wiped.push({ what: `${name}: ${what}`, ...(await wipeOne(join(dataFolder, name))) });
  }
  return { wiped, left: names.filter((name) => !isOwn(name) && name !== "lock") };
}

async function wipeOne(path: string): Promise<Pick<Wiped, "files" | "sizeBytes">> {
  try {
    const files = await filesOf(path);
    let sizeBytes = 0;
    for (const file of files) sizeBytes += await overwrite(file);
    await rm(path, { recursive: true });
    return { files: files.length, sizeBytes };
  } catch (cause) {
    throw new DeviceFault("storage_failed", `${path} cannot be removed.`, { cause });
  }
}

async function filesOf(path: string): Promise<readonly string[]> {
  const entry = await lstat(path);
  // A link is removed, but its target is not the camera's and stays.
  if (entry.isSymbolicLink()) return [];
  if (!entry.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

const BLOCK = Buffer.alloc(65_536);

async function overwrite(path: string): Promise<number> {
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    for (let at = 0; at < size; at += BLOCK.length) await file.write(BLOCK, 0, Math.min(BLOCK.length, size - at), at);
    await file.sync();
    return size;
  } finally {
    await file.close();
  }
}
