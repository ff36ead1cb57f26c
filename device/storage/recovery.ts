import type { JournalFile } from "./journal-file.ts";
import { type Folded, formatRecord, type JournalCopy } from "./journal-format.ts";

export interface Recovered {
  readonly files: readonly JournalFile[];
  readonly copies: readonly JournalCopy[];
  readonly folded: Folded;
  /** Makes both files anew. */
  readonly renew: () => Promise<void>;
}

/**
 * Brings both files to hold the same after a power cut or damage: a torn end is cut, what only the other file holds is
 * added, and where a file is damaged in the middle both are made anew, the damaged one being set aside. A disk that does
 * not let this be done is left as it is: both files together still hold everything, and it is tried at the next start.
 */
export async function recover(mending: Recovered): Promise<void> {
  const broken = mending.folded.lost > 0 || mending.copies.some(({ damaged }) => damaged > 0);
  try {
    if (broken) await replaceAll(mending);
    else await complete(mending);
  } catch {
    // A full or read-only disk. What is missing in one file is in the other; writing will say what is wrong.
  }
}

async function replaceAll({ files, copies, folded, renew }: Recovered): Promise<void> {
  for (const [i, file] of files.entries()) {
    if (folded.lost > 0 || (copies[i]?.damaged ?? 0) > 0) await file.setAside();
  }
  await renew();
}

async function complete({ files, copies, folded }: Recovered): Promise<void> {
  for (const [i, file] of files.entries()) {
    const { records, goodBytes } = copies[i] as JournalCopy;
    if (goodBytes < file.sizeBytes()) await file.cutBack(goodBytes);
    const missing = folded.played.filter(({ n }) => !records.has(n));
    if (missing.length > 0) await file.append(missing.map(formatRecord).join(""));
  }
}
