import { readFile } from "node:fs/promises";
import { decodePhoto } from "../../device/photo.ts";
import { decodeJpeg, encodeJpeg } from "../../drivers/jpeg.ts";
import { frameOf } from "../../models/boxes.ts";
import { nearestToCentre } from "../../models/customer.ts";
import { detect } from "../../models/detector.ts";
import { embed, similarity, type Template } from "../../models/embedder.ts";
import type { Scores } from "../../models/forge/measure.ts";
import type { Networks } from "../../models/networks.ts";
import type { Picture } from "../../models/picture.ts";
import { LIVE_PROFILE, REFERENCE_PROFILE } from "../../models/profile.ts";
import { examine } from "../../models/recognizer.ts";
import { resample } from "../../models/resize.ts";
import type { LabelledSet } from "./sets.ts";

export interface Acquired {
  readonly reference: Template | undefined;
  readonly probe: Template | undefined;
}

/** Shrinks a picture to an ID chip's 102×126 (its middle cut to those proportions) and compresses it: JPEG, q 70. */
export function toChipPhoto(picture: Picture): Picture {
  const scale = Math.min(picture.width / 102, picture.height / 126);
  const [width, height] = [102 * scale, 126 * scale];
  const region = { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
  return decodeJpeg(encodeJpeg(resample(picture, region, 102, 126, "smooth"), 70), 1e6);
}

/** Templates of every picture of a set, as reference (shrunk to a chip photo where asked) and as probe. */
export async function acquire(networks: Networks, set: LabelledSet, chip: boolean): Promise<readonly Acquired[]> {
  const acquired: Acquired[] = [];
  for (const { file } of set.samples) {
    const picture = decodePhoto(await readFile(file));
    const probe = await templateOf(networks, picture, [0, 0.5], LIVE_PROFILE);
    const reference = await templateOf(networks, chip ? toChipPhoto(picture) : picture, [0.5, 0, 1], REFERENCE_PROFILE);
    acquired.push({ reference, probe });
  }
  return acquired;
}

async function templateOf(
  networks: Networks,
  picture: Picture,
  margins: readonly number[],
  profile: typeof LIVE_PROFILE,
): Promise<Template | undefined> {
  for (const margin of margins) {
    const face = nearestToCentre(await detect(networks.detector, picture, frameOf(picture, margin)), picture);
    if (!face) continue;
    const { aligned } = await examine(networks, picture, face, profile);
    return embed(networks.embedder, aligned);
  }
  return undefined;
}

/** The scores of all pairs whose two sides were acquired. */
export function compare(set: LabelledSet, acquired: readonly Acquired[]): Scores {
  const genuine: number[] = [];
  const impostor: number[] = [];
  for (const [a, b] of set.pairs) {
    const [reference, probe] = [acquired[a]?.reference, acquired[b]?.probe];
    if (!reference || !probe) continue;
    const same = set.samples[a]?.subject === set.samples[b]?.subject;
    (same ? genuine : impostor).push(similarity(reference, probe));
  }
  return { genuine, impostor };
}
