import type { Landmarks } from "../detection/landmarks.ts";
import { landmarksToRoi } from "../detection/landmarks-to-roi.ts";
import { hasJumped } from "../detection/leap.ts";
import type { Template } from "../embedding/embedder.ts";
import type { Picture } from "../imaging/image.ts";
import { LIVE_PROFILE } from "../quality/profile.ts";
import { analyseFace, analyseFaces, analyseLumas, type FaceAnalysis, findSubject, inColour } from "./face-analysis.ts";
import { compareFace, coveredFace, withProbe } from "./face-comparison.ts";
import type { Networks } from "./networks.ts";
import { breaksRun, type Observation, type Wanted } from "./observation.ts";
import { nobodyIn } from "./sighting.ts";

/** Observes the one subject before a camera, picture after picture. `dispose` overwrites all that it keeps. */
export interface FaceTracker extends Disposable {
  /**
   * Observes the next picture and compares the subject with the reference. If less than `all` is wanted, a face that continues
   * the run and shows no sign of life is `unchanged` and not compared, which saves most of the cost. One call at a time.
   */
  observe(picture: Picture, wanted?: Wanted): Promise<Observation>;
}

/**
 * The detector runs on the whole picture at least once in this many pictures, because another person may have come. It runs
 * half as often once the person is recognised: a match needs a picture that shows a sign and is like those before it.
 */
const FOLLOWED_AT_MOST: Readonly<Record<Wanted, number>> = { all: 7, liveness: 15, signs: 15 };

/** The margins around a picture with which the detector runs, in this order. */
export const LIVE_MARGINS = [0, 0.5];

/**
 * Begins to observe one person. The caller keeps `reference` and overwrites it. A comparison score of at least `alikeFrom`
 * is a match at every threshold of the pack.
 */
export function trackFace(networks: Networks, reference: Template, alikeFrom: number): FaceTracker {
  const comparison = compareFace(networks, reference, alikeFrom);
  let last: Landmarks | undefined;
  /** The landmarks in the picture before (of any quality) and in this one. */
  let [before, now]: (Landmarks | undefined)[] = [];
  let picturesSinceDetection = 0;

  const keep = ({ landmarks }: FaceAnalysis, seen: Observation): Observation => {
    if (seen.kind === "scored" || seen.kind === "unchanged") last = landmarks;
    now = landmarks;
    return seen;
  };
  const follow = async (picture: Picture, wanted: Wanted): Promise<Observation | undefined> => {
    if (!last || picturesSinceDetection >= FOLLOWED_AT_MOST[wanted]) return undefined;
    picturesSinceDetection += 1;
    const place = { box: landmarksToRoi(last), score: 1 };
    // Signs of life need no colours.
    const found =
      wanted === "signs"
        ? await analyseLumas(networks, picture.luma(), place, LIVE_PROFILE)
        : await analyseFaces(networks, picture.colour(), place, LIVE_PROFILE);
    if (found.defects.length > 0) return undefined;
    // Landmarks at a place that the face has left look like those of a turned head.
    if (hasJumped(last, found.landmarks)) return undefined;
    // The old box has done its work; liveness needs the box of this picture.
    const followed = { ...found, face: { box: landmarksToRoi(found.landmarks), score: 1 } };
    const still = await comparison.unchanged(picture, followed, wanted);
    if (still) return keep(followed, still);
    const examined = inColour(networks, picture.colour(), followed);
    return withProbe(networks.embedder, examined, async (probe) =>
      comparison.knows(probe) ? keep(examined, await comparison.score(picture.colour(), examined, probe)) : undefined,
    );
  };
  const search = async (picture: Picture, wanted: Wanted): Promise<Observation> => {
    [last, picturesSinceDetection] = [undefined, 0];
    const colour = picture.colour();
    const presence = await findSubject(networks, colour, LIVE_MARGINS);
    if (presence.kind === "nobody") return nobodyIn(colour);
    if (presence.kind === "several") return { kind: "two_faces" };
    const examined = await analyseFace(networks, colour, presence.face, LIVE_PROFILE);
    const { quality, defects } = examined;
    now = examined.landmarks;
    if (defects.includes("FaceOcclusionPrevention")) return coveredFace(networks.embedder, examined);
    if (defects.length > 0) return { kind: "poor_quality", quality, defects };
    const still = await comparison.unchanged(picture, examined, wanted);
    if (still) return keep(examined, still);
    return withProbe(networks.embedder, examined, async (probe) => {
      if (comparison.knows(probe) === false) comparison.forgetRun();
      return keep(examined, await comparison.score(colour, examined, probe));
    });
  };
  const look = async (picture: Picture, wanted: Wanted): Promise<Observation> => {
    [before, now] = [now, undefined];
    const seen = (await follow(picture, wanted)) ?? (await search(picture, wanted));
    if (breaksRun(seen)) comparison.forgetRun();
    return before && now && hasJumped(before, now) && "quality" in seen ? { ...seen, jumped: true } : seen;
  };
  return {
    observe(picture, wanted = "all") {
      const earlier = now;
      return look(picture, wanted).catch((error: unknown) => {
        // A picture that cannot be decoded was not seen: a jump is one from the picture before it.
        now = earlier;
        throw error;
      });
    },
    [Symbol.dispose]() {
      comparison[Symbol.dispose]();
      networks.wipe();
    },
  };
}
