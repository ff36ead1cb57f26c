import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../storage/atomic-file.ts";
import { StoreError } from "../storage/store.ts";

/** The end of the chain. */
export interface Head {
  /** The sequence number of the last report. */
  readonly seq: number;
  /** The digest of that report, which the next report names as its `prev`. */
  readonly prev: string | null;
}

/**
 * The end of the chain, noted beside the keys and outside of the ledger. If the ledger ends earlier than the note says, the
 * ledger was lost or is an old copy. The note is written after the report that it names, so a power cut between the two is no
 * false alarm.
 */
export interface ChainNote {
  /** The note at the start of the device; `absent` at its first start. */
  readonly found: Head | "absent" | "damaged";
  /** Throws StoreError. */
  write(head: Head): Promise<void>;
}

/** For a ledger without keys beside it: there is no note. */
export const NO_NOTE: ChainNote = { found: "absent", write: async () => undefined };

export async function openChainNote(dataFolder: string): Promise<ChainNote> {
  const file = join(dataFolder, "chain.json");
  return {
    found: await readNote(file),
    write: ({ seq, prev }) =>
      writeWhole(file, JSON.stringify({ seq, prev })).catch((cause: unknown) => {
        throw new StoreError("the note of the chain's end cannot be written", { cause });
      }),
  };
}

async function readNote(file: string): Promise<ChainNote["found"]> {
  try {
    const { seq, prev } = JSON.parse(await readFile(file, "utf8"));
    return Number.isSafeInteger(seq) && (prev === null || typeof prev === "string") ? { seq, prev } : "damaged";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "absent" : "damaged";
  }
}
