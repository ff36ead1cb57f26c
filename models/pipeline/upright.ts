import type { Image } from "../imaging/image.ts";
import { type Defect, LIVE_PROFILE } from "../quality/profile.ts";
import { analyseFace, findSubject } from "./face-analysis.ts";
import type { Networks } from "./networks.ts";

/** Defects that say nothing about the turn of the picture: a dark, far or cut face can be upright. */
const NOTHING_TO_DO_WITH_IT: ReadonlySet<Defect> = new Set<Defect>([
  "UnderExposurePrevention",
  "OverExposurePrevention",
  "Sharpness",
]);

/** Whether the picture has a face with fitting landmarks, turned no further than a person turns the head. */
export async function seesUprightFace(networks: Networks, picture: Image): Promise<boolean> {
  const presence = await findSubject(networks, picture, [0]);
  if (presence.kind !== "one") return false;
  const { defects } = await analyseFace(networks, picture, presence.face, LIVE_PROFILE);
  return defects.every((defect) => NOTHING_TO_DO_WITH_IT.has(defect));
}
