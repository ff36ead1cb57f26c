import { frameOf } from "../../models/detection/boxes.ts";
import { detect } from "../../models/detection/detector.ts";
import { findLandmarks } from "../../models/detection/landmarks.ts";
import { readPack } from "../../models/pack/pack.ts";
import { LIVE_MARGINS } from "../../models/pipeline/face-tracker.ts";
import { loadNetworks, type Networks } from "../../models/pipeline/networks.ts";
import { REFERENCE_MARGINS } from "../../models/pipeline/recognizer.ts";
import { nearestToCentre } from "../../models/pipeline/subject.ts";
import { loadOnnx } from "../../models/runtime/onnx.ts";
import { readPicture } from "../../workshop/evaluate/pictures/read-picture.ts";
import { asReference, type ReferenceKind } from "../../workshop/evaluate/pictures/templates.ts";
import type { LabelledSet } from "../../workshop/evaluate/sets.ts";
import { type Agreement, compareLocated, type Located } from "./agreement.ts";

/** Where the faces of one picture file are, as it is or as an ID card's chip would hold it. */
async function locate(networks: Networks, file: string, kind: ReferenceKind): Promise<Located> {
  const picture = await asReference(networks, await readPicture(file), kind);
  if (!picture) return { faces: [], subject: undefined };
  for (const margin of kind === "live" ? LIVE_MARGINS : REFERENCE_MARGINS) {
    const faces = await detect(networks.detector, picture, frameOf(picture, margin));
    const subject = nearestToCentre(faces, picture);
    if (!subject) continue;
    const landmarks = await findLandmarks(networks.landmarks, picture, subject);
    return { faces: faces.map(({ box }) => box), subject: { box: subject.box, landmarks } };
  }
  return { faces: [], subject: undefined };
}

/** How far the faces and landmarks of one pack are from a reference pack's, on every picture of a set. */
export async function evaluateAgreement(
  set: LabelledSet,
  kind: ReferenceKind,
  packs: { readonly reference: string; readonly other: string },
): Promise<Agreement> {
  const [reference, other] = [await locateAll(set, kind, packs.reference), await locateAll(set, kind, packs.other)];
  return compareLocated(reference, other);
}

async function locateAll({ samples }: LabelledSet, kind: ReferenceKind, pack: string): Promise<readonly Located[]> {
  await using networks = await loadNetworks(await readPack(pack), loadOnnx);
  const located: Located[] = [];
  for (const { file } of samples) located.push(await locate(networks, file, kind));
  return located;
}
