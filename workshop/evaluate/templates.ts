import { readFile } from "node:fs/promises";
import { chipImage, paddedChipImage } from "../../cli/demo/chip.ts";
import { decodePhoto } from "../../device/inference/reference-photo.ts";
import { frameOf } from "../../models/detection/boxes.ts";
import { detect, type Face } from "../../models/detection/detector.ts";
import { embed, type Template } from "../../models/embedding/embedder.ts";
import type { Image } from "../../models/imaging/image.ts";
import { measureLiveness } from "../../models/liveness/texture-liveness.ts";
import { analyseFace, analyseFaces } from "../../models/pipeline/face-analysis.ts";
import { LIVE_MARGINS } from "../../models/pipeline/face-tracker.ts";
import type { Networks } from "../../models/pipeline/networks.ts";
import { REFERENCE_MARGINS } from "../../models/pipeline/recognizer.ts";
import { embedReference } from "../../models/pipeline/reference-template.ts";
import { nearestToCentre } from "../../models/pipeline/subject.ts";
import { LIVE_PROFILE, REFERENCE_PROFILE } from "../../models/quality/profile.ts";
import type { Roles } from "./pairs.ts";

/**
 * The kinds of references: the picture as it is; its centre as on an ID card's chip (cut to 102:126, reduced to
 * 102×126, JPEG); or the whole of it as on a chip (with bars).
 */
export const REFERENCE_KINDS = ["live", "chip", "chip-padded"] as const;
export type ReferenceKind = (typeof REFERENCE_KINDS)[number];

/** The templates of a picture as reference and as probe, if a face was found. */
export interface Acquired {
  readonly reference: Template | undefined;
  readonly probe: Template | undefined;
}

/** The templates of one picture file in the roles it has. */
export async function acquireOne(
  networks: Networks,
  file: string,
  kind: ReferenceKind,
  roles: Roles,
): Promise<Acquired> {
  const picture = decodePhoto(await readFile(file));
  const as = roles.reference ? asReference(picture, kind) : undefined;
  return {
    probe: roles.probe ? await probeOf(networks, picture) : undefined,
    reference: as && (await referenceOf(networks, as)),
  };
}

/** The image as a reference of this kind; a chip's JPEG is decoded again. */
export function asReference(picture: Image, kind: ReferenceKind): Image {
  if (kind === "live") return picture;
  return decodePhoto(kind === "chip" ? chipImage(picture) : paddedChipImage(picture));
}

async function probeOf(networks: Networks, picture: Image): Promise<Template | undefined> {
  const face = await findSubject(networks, picture, LIVE_MARGINS);
  if (!face) return undefined;
  const { aligned } = await analyseFace(networks, picture, face, LIVE_PROFILE);
  return embed(networks.embedder, aligned);
}

async function referenceOf(networks: Networks, picture: Image): Promise<Template | undefined> {
  const face = await findSubject(networks, picture, REFERENCE_MARGINS);
  return face && embedReference(networks, picture, await analyseFaces(networks, picture, face, REFERENCE_PROFILE));
}

/** The face nearest to the centre. Labelled sets can have a second face in the picture. */
async function findSubject(networks: Networks, picture: Image, margins: readonly number[]): Promise<Face | undefined> {
  for (const margin of margins) {
    const face = nearestToCentre(await detect(networks.detector, picture, frameOf(picture, margin)), picture);
    if (face) return face;
  }
  return undefined;
}

/** The liveness of the face in one picture file, 0…1; undefined where no face was found. */
export async function livenessOf(networks: Networks, file: string): Promise<number | undefined> {
  const picture = decodePhoto(await readFile(file));
  const face = await findSubject(networks, picture, LIVE_MARGINS);
  return face && (await measureLiveness(networks.liveness, picture, face));
}
