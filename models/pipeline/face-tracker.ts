import type { Landmarks } from "../detection/landmarks.ts";
import { landmarksToRoi } from "../detection/landmarks-to-roi.ts";
import { hasJumped } from "../detection/leap.ts";
import type { Template } from "../embedding/embedder.ts";
import type { Image } from "../imaging/image.ts";
import { LIVE_PROFILE } from "../quality/profile.ts";
import { analyseFace, analyseFaces, type FaceAnalysis, findSubject } from "./face-analysis.ts";
import { compareFace, coveredFace, withProbe } from "./face-comparison.ts";
import type { Networks } from "./networks.ts";
import { breaksRun, type Observation, type Wanted } from "./observation.ts";
import { nobodyIn } from "./sighting.ts";

/** Looks at the one customer before a camera, picture after picture. Disposing it overwrites all that it remembers. */
export interface FaceTracker extends Disposable {
  /**
   * Looks at the next picture and compares the customer with the reference. Where not `all` is wanted, a face that goes
   * on from the last ones and shows no sign of life is `unchanged` and not compared, which saves most of the cost. One call at a time.
   */
  observe(picture: Image, wanted?: Wanted): Promise<Observation>;
}

/**
 * The detector looks at the whole picture at least every so many pictures: somebody else may have come. Half as often once the
 * person is recognized: nobody matches without a picture that shows a sign and is like those before it.
 */
const FOLLOWED_AT_MOST: Readonly<Record<Wanted, number>> = { all: 7, liveness: 15, signs: 15 };

/** The margins around a picture with which faces are looked for, in turn. */
export const LIVE_MARGINS = [0, 0.5];

/**
 * Begins to look at one person, to be compared with `reference`, which stays the caller's. A comparison score of at least
 * `alikeFrom` is a match at every threshold that may be asked for.
 */
export function trackFace(networks: Networks, reference: Template, alikeFrom: number): FaceTracker {
  const comparison = compareFace(networks, reference, alikeFrom);
  let last: Landmarks | undefined;
  /** Of the face in the picture before, however good, and in this one. */
  let [before, now]: (Landmarks | undefined)[] = [];
  let followed = 0;

  const keep = ({ landmarks }: FaceAnalysis, seen: Observation): Observation => {
    if (seen.kind === "scored" || seen.kind === "unchanged") last = landmarks;
    now = landmarks;
    return seen;
  };
  const follow = async (picture: Image, wanted: Wanted): Promise<Observation | undefined> => {
    if (!last || followed >= FOLLOWED_AT_MOST[wanted]) return undefined;
    followed += 1;
    const found = await analyseFaces(networks, picture, { box: landmarksToRoi(last), score: 1 }, LIVE_PROFILE);
    if (found.defects.length > 0) return undefined;
    // Landmarks that were looked for where the face is no more show a head that is turned.
    if (hasJumped(last, found.landmarks)) return undefined;
    // Where the face was has done its work; liveness looks at where it is.
    const examined = { ...found, face: { box: landmarksToRoi(found.landmarks), score: 1 } };
    const still = await comparison.unchanged(picture, examined, wanted);
    if (still) return keep(examined, still);
    return withProbe(networks.embedder, examined, async (probe) =>
      comparison.knows(probe) ? keep(examined, await comparison.score(picture, examined, probe)) : undefined,
    );
  };
  const search = async (picture: Image, wanted: Wanted): Promise<Observation> => {
    [last, followed] = [undefined, 0];
    const presence = await findSubject(networks, picture, LIVE_MARGINS);
    if (presence.kind === "nobody") return nobodyIn(picture);
    if (presence.kind === "several") return { kind: "two_faces" };
    const examined = await analyseFace(networks, picture, presence.face, LIVE_PROFILE);
    const { quality, defects } = examined;
    now = examined.landmarks;
    if (defects.includes("FaceOcclusionPrevention")) return coveredFace(networks.embedder, examined);
    if (defects.length > 0) return { kind: "poor_quality", quality, defects };
    const still = await comparison.unchanged(picture, examined, wanted);
    if (still) return keep(examined, still);
    return withProbe(networks.embedder, examined, async (probe) => {
      if (comparison.knows(probe) === false) comparison.forgetRun();
      return keep(examined, await comparison.score(picture, examined, probe));
    });
  };
  return {
    async observe(picture, wanted = "all") {
      [before, now] = [now, undefined];
      const seen = (await follow(picture, wanted)) ?? (await search(picture, wanted));
      if (breaksRun(seen)) comparison.forgetRun();
      return before && now && hasJumped(before, now) && "quality" in seen ? { ...seen, jumped: true } : seen;
    },
    [Symbol.dispose]() {
      comparison[Symbol.dispose]();
      networks.wipe();
    },
  };
}
