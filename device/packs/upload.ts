import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { PACK_TOKEN_FILE } from "../../models/pack/pack.ts";
import { parseJson } from "../../protocol/encoding/bounded-json.ts";
import type { PackClaims } from "../../protocol/messages/command-contract.ts";
import { CommandRefusal } from "../../protocol/readers/command-reader.ts";
import type { Chunk } from "../../protocol/readers/pack-chunk.ts";
import { syncFolder, writeWhole } from "../storage/atomic-file.ts";

/** A pack that is being received, one at a time. Its bytes are appended to a file in order. */
export interface Incoming {
  readonly pack: PackClaims;
  receivedBytes(): number;
  readonly sizeBytes: number;
  /** Appends and syncs the next chunk; ignores any other. Throws CommandRefusal `storage_failed`. */
  take(chunk: Chunk): Promise<void>;
  /** Verifies all bytes and writes the files to a folder of their own. Throws CommandRefusal `pack_altered`. */
  unpack(): Promise<string>;
  /** Removes the pack and its unpacked files. */
  drop(): Promise<void>;
}

/** The space that stays free on the disk for reports. */
const RESERVE_BYTES = 16_000_000;
/** The folder of a transfer until it has begun. */
export const BEGINNING = "beginning";

interface IncomingParts {
  /** The folder of the sent packs. */
  readonly packs: string;
  readonly pack: PackClaims;
  readonly token: string;
  /** Packs that may be removed if there is not enough space. */
  readonly removable: readonly string[];
  /** Called when the pack can be received, before anything is removed for it. */
  readonly settled: () => Promise<void>;
}

/**
 * Begins to receive a pack, or continues an interrupted transfer of the same pack. Removes the transfer of another pack. Throws
 * CommandRefusal `storage_failed`, and then changes nothing.
 */
export async function openIncoming({ packs, pack, token, removable, settled }: IncomingParts): Promise<Incoming> {
  const folder = join(packs, "incoming");
  const stream = join(folder, "stream");
  const sizeBytes = pack.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const known = await readFile(join(folder, PACK_TOKEN_FILE), "utf8").catch(() => undefined);
  let received = known === token ? ((await stat(stream).catch(() => undefined))?.size ?? 0) : 0;
  if (received > sizeBytes) received = 0;
  await storing(async () => {
    if (received > 0) return settled();
    const gone = await inTheWay(packs, sizeBytes, removable);
    await begin(packs, token, settled, gone);
  });
  const drop = async () => {
    for (const name of ["incoming", "unpacking"]) await rm(join(packs, name), { recursive: true, force: true });
  };
  return {
    pack,
    sizeBytes,
    drop,
    receivedBytes: () => received,
    async take({ hash, offset, data }) {
      if (hash !== pack.hash || offset !== received || offset + data.length > sizeBytes) return;
      await storing(() => append(stream, received, data));
      received += data.length;
    },
    unpack: () => unpack(packs, stream, pack, token),
  };
}

/** Writes at `at`, over the remains of a failed write. */
async function append(path: string, at: number, data: Uint8Array): Promise<void> {
  const file = await open(path, at === 0 ? "w" : "r+", 0o600);
  try {
    const { bytesWritten } = await file.write(data, 0, data.length, at);
    if (bytesWritten !== data.length) throw new Error(`only ${bytesWritten} of ${data.length} bytes were written`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function unpack(packs: string, stream: string, pack: PackClaims, token: string): Promise<string> {
  const bytes = await readFile(stream);
  const parts = pack.files.map(({ sizeBytes }, i) => {
    const from = pack.files.slice(0, i).reduce((sum, file) => sum + file.sizeBytes, 0);
    return bytes.subarray(from, from + sizeBytes);
  });
  for (const [i, { name, sha256 }] of pack.files.entries()) {
    const is = createHash("sha256")
      .update(parts[i] ?? "")
      .digest("hex");
    if (is !== sha256) throw new CommandRefusal("pack_altered", name);
  }
  for (const [i, { name }] of pack.files.entries()) if (name.endsWith(".json")) requireFlat(name, parts[i] ?? bytes);
  const manifest = pack.files.find(({ name }) => name === "manifest.json");
  if (manifest?.sha256 !== pack.hash) throw new CommandRefusal("pack_invalid", "its hash is not its manifest's");
  const folder = join(packs, "unpacking");
  await storing(async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    for (const [i, { name }] of pack.files.entries()) await writeSynced(join(folder, name), parts[i] ?? bytes);
    await writeWhole(join(folder, PACK_TOKEN_FILE), token);
  });
  return folder;
}

/** The bounds of a manifest and a card: a megabyte of nested arrays would need most of the service's memory. */
const JSON_BOUNDS = { bytes: 2_000_000, depth: 16 } as const;

/** Throws CommandRefusal `pack_invalid`. */
function requireFlat(name: string, json: Uint8Array): void {
  try {
    parseJson(json, JSON_BOUNDS);
  } catch (error) {
    throw new CommandRefusal("pack_invalid", `${name}: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Gives an unpacked folder its name, and removes packs that are not needed. From here on the pack is complete, even after a
 * power cut.
 */
export async function nameFolder(
  folder: string,
  packs: string,
  hash: string,
  removable: readonly string[],
): Promise<void> {
  await storing(async () => {
    for (const name of [hash, ...removable]) await rm(join(packs, name), { recursive: true, force: true });
    await rename(folder, join(packs, hash));
    await syncFolder(packs);
  });
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  await file
    .writeFile(bytes)
    .then(() => file.sync())
    .finally(() => file.close());
}

/** Prepares the new transfer beside the old one, then replaces it, so that a transfer that cannot begin removes nothing. */
async function begin(
  packs: string,
  token: string,
  settled: () => Promise<void>,
  gone: readonly string[],
): Promise<void> {
  const beside = join(packs, BEGINNING);
  await rm(beside, { recursive: true, force: true });
  await mkdir(beside, { recursive: true, mode: 0o700 });
  await writeWhole(join(beside, PACK_TOKEN_FILE), token);
  await settled();
  for (const name of ["incoming", ...gone]) await rm(join(packs, name), { recursive: true, force: true });
  await rename(beside, join(packs, "incoming"));
}

/** The removable packs that must be removed for a new pack. Throws CommandRefusal if that is not enough. */
async function inTheWay(packs: string, sizeBytes: number, removable: readonly string[]): Promise<readonly string[]> {
  await mkdir(packs, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(packs);
  const free = bavail * bsize + (await bytesIn(packs, ["incoming"]));
  const needed = 2 * sizeBytes + RESERVE_BYTES;
  if (free >= needed) return [];
  if (free + (await bytesIn(packs, removable)) >= needed) return removable;
  throw new CommandRefusal("storage_failed", `${needed} bytes must be free`);
}

async function bytesIn(packs: string, folders: readonly string[]): Promise<number> {
  const paths = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(packs, folder)).catch(() => []);
      return names.map((name) => join(packs, folder, name));
    }),
  );
  const sizes = await Promise.all(paths.flat().map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function storing(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CommandRefusal) throw error;
    throw new CommandRefusal("storage_failed", error instanceof Error ? error.message : String(error));
  }
}
