import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { setImmediate as othersRan } from "node:timers/promises";

/** Bytes of something secret, as they would stand in memory. */
export interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

const LENGTH = 24;
/** Pieces with fewer different bytes than this are flat areas or tables, which stand in memory by chance. */
const LEAST_DIFFERENT = 14;
const BLOCK_BYTES = 16 * 2 ** 20;
const PAGE_BYTES = 4_096;
const EMPTY_PAGE = Buffer.alloc(PAGE_BYTES);

/** Pieces of something, from all of its length. */
export function needlesOf(name: string, bytes: Uint8Array, count = 400): readonly Needle[] {
  const step = Math.max(1, Math.floor((bytes.length - LENGTH) / count));
  return Array.from({ length: Math.min(count, Math.floor((bytes.length - LENGTH) / step)) }, (_, i) => ({
    name,
    bytes: Buffer.from(bytes.subarray(i * step, i * step + LENGTH)),
  })).filter(({ bytes }) => new Set(bytes).size >= LEAST_DIFFERENT);
}

/**
 * How many needles of each name are found in the memory that another process of this user may write to. On a busy machine it takes
 * longer than a broker waits for a sign of life, so the caller's connections get their turn between two blocks.
 */
export async function searchMemory(pid: number, needles: readonly Needle[]): Promise<Readonly<Record<string, number>>> {
  const byBeginning = sortedByBeginning(needles);
  const found = new Set<Needle>();
  for (const block of readWritable(pid)) {
    for (let page = 0; page < block.length; page += PAGE_BYTES) {
      // Most of what is mapped has never been touched.
      if (EMPTY_PAGE.equals(block.subarray(page, page + PAGE_BYTES))) continue;
      searchPage(block, page, byBeginning, found);
    }
    await othersRan();
  }
  const counts = Object.fromEntries(needles.map(({ name }) => [name, 0]));
  for (const { name } of found) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Needles by their first two bytes. */
type ByBeginning = readonly (readonly Needle[] | undefined)[];

function sortedByBeginning(needles: readonly Needle[]): ByBeginning {
  const sorted: Needle[][] = Array.from({ length: 2 ** 16 });
  for (const needle of needles) {
    const beginning = needle.bytes.readUInt16LE();
    sorted[beginning] = [...(sorted[beginning] ?? []), needle];
  }
  return sorted;
}

/** Adds the needles that begin in a page; they may end in the next one. */
function searchPage(block: Buffer, page: number, byBeginning: ByBeginning, found: Set<Needle>): void {
  const end = Math.min(page + PAGE_BYTES, block.length - LENGTH + 1);
  for (let at = page; at < end; at++) {
    const alike = byBeginning[(block[at] as number) | ((block[at + 1] as number) << 8)];
    if (alike) for (const needle of alike) if (standsAt(block, at, needle.bytes)) found.add(needle);
  }
}

function standsAt(block: Buffer, at: number, bytes: Buffer): boolean {
  for (let i = 2; i < LENGTH; i++) if (block[at + i] !== bytes[i]) return false;
  return true;
}

/** The writable memory of a process, in blocks of whole pages, of which each begins with the last page of the one before. */
function* readWritable(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const [, from = "", to = ""] of readFileSync(`/proc/${pid}/maps`, "utf8").matchAll(/^(\w+)-(\w+) rw/gm)) {
      const end = Number.parseInt(to, 16);
      for (let at = Number.parseInt(from, 16); at < end; at += BLOCK_BYTES - PAGE_BYTES)
        yield readBlock(memory, at, Math.min(BLOCK_BYTES, end - at));
    }
  } finally {
    closeSync(memory);
  }
}

/** Memory from an address on; pages that have gone meanwhile, or cannot be read by anybody, are zeros. */
function readBlock(memory: number, at: number, bytes: number): Buffer {
  const block = Buffer.alloc(bytes);
  for (let done = 0; done < bytes; ) done += readSome(memory, block, done, at + done) || PAGE_BYTES;
  return block;
}

function readSome(memory: number, block: Buffer, offset: number, at: number): number {
  try {
    return readSync(memory, block, offset, block.length - offset, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EIO") return 0;
    throw error;
  }
}
