import type { JournalFile } from "./journal-file.ts";
import { formatRecord, type JournalContent, type Replayed } from "./journal-format.ts";

interface Recovered {
  readonly files: readonly JournalFile[];
  readonly journals: readonly JournalContent[];
  readonly replayed: Replayed;
  /** Compacts both files. */
  readonly compact: () => Promise<void>;
}

/**
 * Makes both files equal after a power cut or damage. It cuts a torn end and adds records that only the other file has.
 * If a file is damaged in the middle, it keeps that file as `*.damaged` and compacts both. If the disk cannot be
 * written, the files stay as they are: together they are complete, and the next start tries again.
 */
export async function recover(recovered: Recovered): Promise<void> {
  const broken = recovered.replayed.lost > 0 || recovered.journals.some(({ damaged }) => damaged > 0);
  try {
    if (broken) await replaceAll(recovered);
    else await complete(recovered);
  } catch {
    // The disk is full or read-only. The other file has the missing records, and the next write reports the error.
  }
}

async function replaceAll({ files, journals, replayed, compact }: Recovered): Promise<void> {
  for (const [i, file] of files.entries()) {
    if (replayed.lost > 0 || (journals[i]?.damaged ?? 0) > 0) await file.keepDamaged();
  }
  await compact();
}

async function complete({ files, journals, replayed }: Recovered): Promise<void> {
  for (const [i, file] of files.entries()) {
    const { records, goodBytes } = journals[i] as JournalContent;
    if (goodBytes < file.sizeBytes()) await file.cutBack(goodBytes);
    const missing = replayed.replayed.filter(({ n }) => !records.has(n));
    if (missing.length > 0) await file.append(missing.map(formatRecord).join(""));
  }
}
