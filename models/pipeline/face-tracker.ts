import type { Landmarks } from "../detection/landmarks.ts";
import { landmarksToRoi } from "../detection/landmarks-to-roi.ts";
import { type Embedder, embed, similarity, type Template } from "../embedding/embedder.ts";
import type { Image } from "../imaging/image.ts";
import { countsAlone, type MovingFace, motionLiveness } from "../liveness/motion-liveness.ts";
import { hasScreenEdges } from "../liveness/screen-edge.ts";
import { measureLiveness } from "../liveness/texture-liveness.ts";
import { measureMouthOcclusion, monitorOcclusion } from "../quality/occlusion.ts";
import { findDefects, LIVE_PROFILE } from "../quality/profile.ts";
import { analyseFace, analyseFaces, type FaceAnalysis, findSubject } from "./face-analysis.ts";
import type { Networks } from "./networks.ts";
import { breaksRun, type Observation, type Wanted } from "./observation.ts";
import { nobodyIn } from "./sighting.ts";
import { templateHistory } from "./template-history.ts";

/** Looks at the one customer before a camera, picture after picture. Disposing it overwrites all that it remembers. */
export interface FaceTracker extends Disposable {
  /**
   * Looks at the next picture and compares the customer with the reference. Where not `all` is wanted, a face that shows no
   * sign of life is `unchanged` and not compared, which saves most of the cost. One call at a time.
   */
  observe(picture: Image, wanted?: Wanted): Promise<Observation>;
}

/** Makes the probe of a face, and overwrites it when it has been used. */
async function withProbe<T>(
  embedder: Embedder,
  { aligned }: FaceAnalysis,
  use: (probe: Template) => Promise<T>,
): Promise<T> {
  const probe = await embed(embedder, aligned);
  return use(probe).finally(() => probe.fill(0));
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
  const { life, occlusion, forget } = faceMemory();
  const probes = templateHistory();
  let last: Landmarks | undefined;
  let followed = 0;

  const score = async (picture: Image, examined: FaceAnalysis, probe: Template): Promise<Observation> => {
    const { aligned, landmarks } = examined;
    const score = similarity(reference, probe);
    // Who is recognized has nothing before the mouth that matters; a covered face must not be told that it is another.
    const mouthOcclusion = score < alikeFrom ? await occlusion.look(networks.embedder, aligned, probe) : undefined;
    const quality = { ...examined.quality, mouthOcclusion };
    const defects = findDefects(quality, LIVE_PROFILE);
    if (defects.length > 0) return { kind: "poor_quality", quality, defects };
    const scores = {
      liveness: await measureLiveness(networks.liveness, picture, examined.face, landmarks),
      similarity: score,
      agreement: probes.agreement(probe),
      signs: life.look(movingFace(examined), probe, picture),
      screenEdges: hasScreenEdges(picture, landmarks),
    };
    probes.remember(probe);
    last = landmarks;
    return { kind: "scored", quality, ...scores };
  };
  const unchanged = async (
    examined: FaceAnalysis,
    picture: Image,
    wanted: Wanted,
  ): Promise<Observation | undefined> => {
    if (wanted === "all" || !life.begun()) return undefined;
    const { face, landmarks, quality } = examined;
    if (life.look(movingFace(examined), undefined, picture).some(countsAlone)) return undefined;
    last = landmarks;
    if (wanted === "signs") return { kind: "unchanged", quality };
    return { kind: "unchanged", quality, liveness: await measureLiveness(networks.liveness, picture, face, landmarks) };
  };
  const follow = async (picture: Image, wanted: Wanted): Promise<Observation | undefined> => {
    if (!last || followed >= FOLLOWED_AT_MOST[wanted]) return undefined;
    followed += 1;
    const found = await analyseFaces(networks, picture, { box: landmarksToRoi(last), score: 1 }, LIVE_PROFILE);
    if (found.defects.length > 0) return undefined;
    // Where the face was has done its work; liveness looks at where it is.
    const examined = { ...found, face: { box: landmarksToRoi(found.landmarks), score: 1 } };
    const still = await unchanged(examined, picture, wanted);
    if (still) return still;
    return withProbe(networks.embedder, examined, async (probe) =>
      probes.knows(probe) ? score(picture, examined, probe) : undefined,
    );
  };
  const search = async (picture: Image, wanted: Wanted): Promise<Observation> => {
    [last, followed] = [undefined, 0];
    const presence = await findSubject(networks, picture, LIVE_MARGINS);
    if (presence.kind === "nobody") return nobodyIn(picture);
    if (presence.kind === "several") return { kind: "two_faces" };
    const examined = await analyseFace(networks, picture, presence.face, LIVE_PROFILE);
    const { quality, defects } = examined;
    if (defects.includes("FaceOcclusionPrevention")) return covered(networks.embedder, examined);
    if (defects.length > 0) return { kind: "poor_quality", quality, defects };
    const still = await unchanged(examined, picture, wanted);
    if (still) return still;
    return withProbe(networks.embedder, examined, async (probe) => {
      if (probes.knows(probe) === false) forget();
      return score(picture, examined, probe);
    });
  };
  return {
    async observe(picture, wanted = "all") {
      const seen = (await follow(picture, wanted)) ?? (await search(picture, wanted));
      if (breaksRun(seen)) forget();
      return seen;
    },
    [Symbol.dispose]() {
      probes.forget();
      forget();
      networks.wipe();
    },
  };
}

/** What is kept from one picture of a face to the next. */
function faceMemory() {
  const life = motionLiveness();
  const occlusion = monitorOcclusion(LIVE_PROFILE.maximumMouthOcclusion);
  const forget = () => {
    life.forget();
    occlusion.forget();
  };
  return { life, occlusion, forget };
}

/** Landmarks have no hold on a covered face, and on one that is turned or lit badly neither: what is before it is looked for. */
async function covered(embedder: Embedder, examined: FaceAnalysis): Promise<Observation> {
  const mouthOcclusion = await withProbe(embedder, examined, (probe) =>
    measureMouthOcclusion(embedder, examined.aligned, probe),
  );
  const quality = { ...examined.quality, mouthOcclusion };
  return { kind: "poor_quality", quality, defects: findDefects(quality, LIVE_PROFILE) };
}

function movingFace({ aligned, landmarks, quality }: FaceAnalysis): MovingFace {
  return {
    aligned,
    landmarks,
    yawDegrees: quality.headPoseYawDegrees,
    pitchDegrees: quality.headPosePitchDegrees,
  };
}
