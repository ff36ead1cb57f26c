import { frameOf } from "../../../models/detection/boxes.ts";
import { detect } from "../../../models/detection/detector.ts";
import { findLandmarks } from "../../../models/detection/landmarks.ts";
import { LIVE_MARGINS } from "../../../models/pipeline/face-tracker.ts";
import type { Networks } from "../../../models/pipeline/networks.ts";
import { REFERENCE_MARGINS } from "../../../models/pipeline/recognizer.ts";
import { nearestToCentre } from "../../../models/pipeline/subject.ts";
import { type Agreement, compareLocated, type Located } from "../agreement.ts";
import type { LabelledSet } from "../sets.ts";
import { type PoolOptions, runTasks } from "./pool.ts";
import { readPicture } from "./read-picture.ts";
import type { Task } from "./tasks.ts";
import { asReference, type ReferenceKind } from "./templates.ts";

/** Where the faces of one picture file are, as it is or as an ID card's chip would hold it. */
export async function locate(networks: Networks, file: string, kind: ReferenceKind): Promise<Located> {
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
  { samples }: LabelledSet,
  reference: ReferenceKind,
  packs: { readonly reference: string; readonly other: string },
  options: Omit<PoolOptions, "pack"> = {},
): Promise<Agreement> {
  const tasks = samples.map(({ file }): Task => ({ kind: "locate", file, reference }));
  const located = async (pack: string) => {
    const found = await runTasks(tasks, { ...options, pack });
    return found.map((one): Located => (one?.kind === "located" ? one.located : { faces: [], subject: undefined }));
  };
  return compareLocated(await located(packs.reference), await located(packs.other));
}
