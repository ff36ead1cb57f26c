import { readFile } from "node:fs/promises";
import { chipPhoto } from "../../deploy/demo/chip.ts";
import { decodePhoto } from "../../device/photo.ts";
import { frameOf } from "../../models/boxes.ts";
import { nearestToCentre } from "../../models/customer.ts";
import { detect } from "../../models/detector.ts";
import { embed, similarity, type Template } from "../../models/embedder.ts";
import type { Scores } from "../../models/forge/measure.ts";
import type { Networks } from "../../models/networks.ts";
import type { Picture } from "../../models/picture.ts";
import { REFERENCE_PROFILE } from "../../models/profile.ts";
import { examine, LIVE_MARGINS, REFERENCE_MARGINS } from "../../models/recognizer.ts";
import type { LabelledSet } from "./sets.ts";

export interface Acquired {
  readonly reference: Template | undefined;
  readonly probe: Template | undefined;
}

/** Templates of every picture of a set, as reference (shrunk to a chip photo where asked) and as probe. */
export async function acquire(networks: Networks, set: LabelledSet, chip: boolean): Promise<readonly Acquired[]> {
  const acquired: Acquired[] = [];
  for (const { file } of set.samples) {
    const picture = decodePhoto(await readFile(file));
    const photo = chip ? decodePhoto(await chipPhoto(file)) : picture;
    const probe = await templateOf(networks, picture, LIVE_MARGINS);
    const reference = await templateOf(networks, photo, REFERENCE_MARGINS);
    acquired.push({ reference, probe });
  }
  return acquired;
}

async function templateOf(
  networks: Networks,
  picture: Picture,
  margins: readonly number[],
): Promise<Template | undefined> {
  for (const margin of margins) {
    const face = nearestToCentre(await detect(networks.detector, picture, frameOf(picture, margin)), picture);
    if (!face) continue;
    const { aligned } = await examine(networks, picture, face, REFERENCE_PROFILE);
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
