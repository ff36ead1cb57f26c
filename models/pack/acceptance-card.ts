import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ModelError } from "./errors.ts";

/** The file of a pack with its acceptance card, beside the manifest. */
export const ACCEPTANCE_CARD_FILE = "card.json";
const LIMIT_BYTES = 2_000_000;

const name = z.string().min(1).max(60);

const comparison = z.strictObject({
  /** The pictures to compare: one as the ID photo, one as the camera frame. */
  reference: name,
  probe: name,
  /**
   * Whether both show the same person. Then the score must reach every threshold up to the one of `similarity`;
   * otherwise it must reach none.
   */
  mated: z.boolean(),
  /** The score where the pack was made, and the allowed difference on another machine. */
  similarity: z.number().min(-1).max(1),
  liveness: z.number().min(0).max(1),
  tolerance: z.number().positive().max(0.2),
});

/** The format of `card.json`, version 1: scores that each device can measure again in seconds. */
export const acceptanceCardSchema = z
  .strictObject({
    format: z.literal(1),
    /** JPEGs, base64. */
    pictures: z.record(name, z.string().min(4).max(400_000)),
    comparisons: z.array(comparison).min(2).max(16),
    /** The longest allowed median time for one frame. */
    lookAtMostMs: z.number().positive().max(30_000),
  })
  .refine(
    ({ pictures, comparisons }) => comparisons.every(({ reference, probe }) => pictures[reference] && pictures[probe]),
    "a comparison names a picture that is missing",
  )
  .refine(
    ({ comparisons }) => comparisons.some(({ mated }) => mated) && comparisons.some(({ mated }) => !mated),
    "there must be a comparison of one person and one of two",
  );

export type AcceptanceCard = Readonly<z.infer<typeof acceptanceCardSchema>>;
export type Comparison = AcceptanceCard["comparisons"][number];

/** Reads the acceptance card of a pack. Throws ModelError `pack_missing` or `pack_invalid`. */
export async function readAcceptanceCard(folder: string): Promise<AcceptanceCard> {
  const raw = await readFile(join(folder, ACCEPTANCE_CARD_FILE)).catch((cause: unknown) => {
    throw new ModelError("pack_missing", `${ACCEPTANCE_CARD_FILE} of the model pack cannot be read`, { cause });
  });
  if (raw.length > LIMIT_BYTES)
    throw new ModelError("pack_invalid", `${ACCEPTANCE_CARD_FILE} is larger than ${LIMIT_BYTES} bytes`);
  const read = acceptanceCardSchema.safeParse(parse(raw));
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new ModelError(
    "pack_invalid",
    `${ACCEPTANCE_CARD_FILE} breaks its rules: ${first?.path.join(".")}: ${first?.message}`,
  );
}

function parse(raw: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(raw));
  } catch (cause) {
    throw new ModelError("pack_invalid", `${ACCEPTANCE_CARD_FILE} is not JSON`, { cause });
  }
}
