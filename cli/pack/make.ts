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

/** The pictures that a pack is tried with: one person twice, and somebody else. */
export interface CardPhotos {
  /** An ID photo, a picture of the same person before a camera, and one of another person. */
  readonly reference: string;
  readonly same: string;
  readonly other: string;
}

/** How far another machine's arithmetic may be from this one's. */
const TOLERANCE = 0.03;

/** Copies a pack and puts a card beside it whose figures are measured here. Throws Error when it does not keep to it. */
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

/** Fills in what the pack gives here, and judges it by that: pictures that no card can be made of are told at once. */
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
