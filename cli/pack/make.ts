import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { startInference } from "../../device/inference/inference.ts";
import { decodePhoto } from "../../device/inference/reference-photo.ts";
import { judgePack, measurePack } from "../../device/packs/acceptance.ts";
import { writeWhole } from "../../device/storage/atomic-file.ts";
import { encodeJpeg } from "../../drivers/image/jpeg.ts";
import { monotonicMs } from "../../drivers/monotonic.ts";
import { ACCEPTANCE_CARD_FILE, type AcceptanceCard, acceptanceCardSchema } from "../../models/pack/acceptance-card.ts";
import { readPack } from "../../models/pack/pack.ts";

/** The photos of an acceptance card: one person twice, and another person. */
export interface CardPhotos {
  /** An ID photo, a camera frame of the same person, and one of another person. */
  readonly reference: string;
  readonly same: string;
  readonly other: string;
}

/** The allowed difference of scores on another machine. */
const TOLERANCE = 0.03;

/**
 * Copies a pack and adds an acceptance card with scores that are measured here. Throws Error if the pack fails its own
 * card.
 */
export async function makePack(
  from: string,
  to: string,
  photos: CardPhotos,
  lookAtMostMs: number,
): Promise<AcceptanceCard> {
  const { manifest } = await readPack(from);
  await mkdir(to, { recursive: true });
  for (const file of ["manifest.json", ...Object.values(manifest.networks).map((network) => network.file)]) {
    await cp(join(from, file), join(to, file));
  }
  const card = await measure(to, await drafted(photos, lookAtMostMs));
  await writeWhole(join(to, ACCEPTANCE_CARD_FILE), `${JSON.stringify(card, null, 1)}\n`);
  return card;
}

async function drafted({ reference, same, other }: CardPhotos, lookAtMostMs: number): Promise<AcceptanceCard> {
  const jpeg = async (path: string) =>
    Buffer.from(encodeJpeg(decodePhoto(await readFile(path)), 85)).toString("base64");
  const pictures = { reference: await jpeg(reference), same: await jpeg(same), other: await jpeg(other) };
  const unknown = { similarity: 0, liveness: 0, tolerance: TOLERANCE };
  const comparisons = [
    { reference: "reference", probe: "same", mated: true, ...unknown },
    { reference: "reference", probe: "other", mated: false, ...unknown },
  ];
  return acceptanceCardSchema.parse({ format: 1, pictures, comparisons, lookAtMostMs });
}

/** Measures the scores and checks them, so that unusable photos are reported now. */
async function measure(folder: string, draft: AcceptanceCard): Promise<AcceptanceCard> {
  await using inference = await startInference(folder);
  const measured = await measurePack(inference, draft, monotonicMs);
  const comparisons = measured.map(({ comparison, seen }) => {
    if (seen.kind === "scored") return { ...comparison, similarity: seen.similarity, liveness: seen.liveness };
    const why = "detail" in seen ? seen.detail : "defects" in seen ? seen.defects.join(", ") : "";
    throw new Error(
      `${comparison.reference} and ${comparison.probe} give no score: ${seen.kind} ${why}; take other pictures`,
    );
  });
  const problem = judgePack(
    measured.map((one, i) => ({ ...one, comparison: comparisons[i] ?? one.comparison })),
    draft,
    inference.pack,
  );
  if (problem) throw new Error(`the pack does not pass with these pictures: ${problem.detail}`);
  return { ...draft, comparisons };
}
