import { decodePhoto } from "../../../device/inference/reference-photo.ts";
import { frameOf } from "../../../models/detection/boxes.ts";
import { detect, type Face } from "../../../models/detection/detector.ts";
import { embed, type Template } from "../../../models/embedding/embedder.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { measureLiveness } from "../../../models/liveness/texture-liveness.ts";
import { analyseFace, analyseFaces } from "../../../models/pipeline/face-analysis.ts";
import { LIVE_MARGINS } from "../../../models/pipeline/face-tracker.ts";
import type { Networks } from "../../../models/pipeline/networks.ts";
import { REFERENCE_MARGINS } from "../../../models/pipeline/recognizer.ts";
import { embedReference } from "../../../models/pipeline/reference-template.ts";
import { nearestToCentre } from "../../../models/pipeline/subject.ts";
import { LIVE_PROFILE, REFERENCE_PROFILE } from "../../../models/quality/profile.ts";
import type { Roles } from "../scores/pairs.ts";
import { framedChipPicture } from "./id-photo.ts";
import { readPicture } from "./read-picture.ts";

/** The kinds of references: the picture itself, or an ID photo as the chip of an ID card stores it. */
export const REFERENCE_KINDS = ["live", "chip"] as const;
export type ReferenceKind = (typeof REFERENCE_KINDS)[number];

/** The quality rules for pictures: the device's, or none. */
export type QualityRules = "device" | "none";

/** The templates of one picture as reference and as probe, and why one of them is missing. */
export interface Acquired {
  readonly reference: Template | undefined;
  readonly probe: Template | undefined;
  readonly problem?: string;
}

/** The options for making templates. */
export interface Acquisition {
  readonly reference: ReferenceKind;
  readonly rules: QualityRules;
  /** The distance of the eyes in a chip's photo, in pixels. Default: as on an ID card. */
  readonly eyesApart?: number;
}

/** The templates of one picture file in the roles it has. */
export async function acquireOne(networks: Networks, file: string, how: Acquisition, roles: Roles): Promise<Acquired> {
  const picture = await readPicture(file);
  const probe = roles.probe ? await probeOf(networks, picture, how.rules) : {};
  const reference = roles.reference ? await referenceOf(networks, picture, how) : {};
  const problem = probe.problem ?? reference.problem;
  return { probe: probe.template, reference: reference.template, ...(problem ? { problem } : {}) };
}

/** A template, or why there is none. */
interface Made {
  readonly template?: Template;
  readonly problem?: string;
}

async function probeOf(networks: Networks, picture: Image, rules: QualityRules): Promise<Made> {
  const face = await findSubject(networks, picture, LIVE_MARGINS);
  if (!face) return { problem: "no face" };
  const { aligned, defects } = await analyseFace(networks, picture, face, LIVE_PROFILE);
  if (rules === "device" && defects.length > 0) return { problem: `as probe: ${defects.join(", ")}` };
  return { template: await embed(networks.embedder, aligned) };
}

async function referenceOf(
  networks: Networks,
  picture: Image,
  { reference: kind, rules, eyesApart }: Acquisition,
): Promise<Made> {
  const photo = await asReference(networks, picture, kind, eyesApart);
  const face = photo && (await findSubject(networks, photo, REFERENCE_MARGINS));
  if (!face) return { problem: "no face" };
  const analysis = await analyseFaces(networks, photo, face, REFERENCE_PROFILE);
  const { defects } = analysis;
  if (rules === "device" && defects.length > 0) return { problem: `as reference: ${defects.join(", ")}` };
  return { template: await embedReference(networks, photo, analysis) };
}

/** A picture as a reference of this kind; undefined if no face is found. */
export async function asReference(
  networks: Networks,
  picture: Image,
  kind: ReferenceKind,
  eyesApart?: number,
): Promise<Image | undefined> {
  if (kind === "live") return picture;
  const face = await findSubject(networks, picture, LIVE_MARGINS);
  if (!face) return undefined;
  const { landmarks } = await analyseFace(networks, picture, face, LIVE_PROFILE);
  return decodePhoto(framedChipPicture(picture, landmarks, eyesApart));
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
  const picture = await readPicture(file);
  const face = await findSubject(networks, picture, LIVE_MARGINS);
  if (!face) return undefined;
  const { landmarks } = await analyseFace(networks, picture, face, LIVE_PROFILE);
  return measureLiveness(networks.liveness, picture, face, landmarks);
}
