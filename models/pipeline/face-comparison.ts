import { type Embedder, embed, similarity, type Template } from "../embedding/embedder.ts";
import type { Image, Picture } from "../imaging/image.ts";
import { type MovingFace, motionLiveness } from "../liveness/motion-liveness.ts";
import { hasScreenEdges } from "../liveness/screen-edge.ts";
import { measureLiveness } from "../liveness/texture-liveness.ts";
import { measureMouthOcclusion, monitorOcclusion } from "../quality/occlusion.ts";
import { findDefects, LIVE_PROFILE } from "../quality/profile.ts";
import type { ColourAnalysis, FaceAnalysis } from "./face-analysis.ts";
import type { Networks } from "./networks.ts";
import type { Observation, Wanted } from "./observation.ts";
import { templateHistory } from "./template-history.ts";

/** Compares the faces of one person with a reference, picture after picture. `dispose` overwrites what it keeps. */
interface FaceComparison extends Disposable {
  /**
   * The observation of a face that needs no comparison. Undefined if it needs one: `all` is wanted, or the face shows a sign
   * of life or does not continue the run.
   */
  unchanged(picture: Picture, face: FaceAnalysis, wanted: Wanted): Promise<Observation | undefined>;
  score(picture: Image, face: ColourAnalysis, probe: Template): Promise<Observation>;
  /** Whether a probe shows the person of the probes before; undefined if there are none. */
  knows(probe: Template): boolean | undefined;
  /** Forgets what needs consecutive pictures: signs of life, and the occlusion of the mouth. */
  forgetRun(): void;
}

/** The caller keeps `reference` and overwrites it. A score of at least `alikeFrom` is a match at every threshold. */
export function compareFace(networks: Networks, reference: Template, alikeFrom: number): FaceComparison {
  const life = motionLiveness();
  const occlusion = monitorOcclusion(LIVE_PROFILE.maximumMouthOcclusion);
  const probes = templateHistory();
  const forgetRun = () => {
    life.forget();
    occlusion.forget();
  };
  return {
    async unchanged(picture, examined, wanted) {
      if (wanted === "all" || !life.begun()) return undefined;
      const { face, landmarks, quality } = examined;
      if (!life.goesOn(movingFace(examined), examined.within)) return undefined;
      if (wanted === "signs") return { kind: "unchanged", quality };
      const liveness = await measureLiveness(networks.liveness, picture.colour(), face, landmarks);
      return { kind: "unchanged", quality, liveness };
    },
    async score(picture, examined, probe) {
      const { aligned, face, landmarks } = examined;
      const score = similarity(reference, probe);
      // A recognised face is not covered to a degree that matters. A covered face must not count as another person.
      const mouthOcclusion = score < alikeFrom ? await occlusion.look(networks.embedder, aligned, probe) : undefined;
      const quality = { ...examined.quality, mouthOcclusion };
      const defects = findDefects(quality, LIVE_PROFILE);
      if (defects.length > 0) return { kind: "poor_quality", quality, defects };
      const scores = {
        liveness: await measureLiveness(networks.liveness, picture, face, landmarks),
        similarity: score,
        agreement: probes.agreement(probe),
        signs: life.look(movingFace(examined), probe, examined.within),
        screenEdges: hasScreenEdges(picture, landmarks),
      };
      probes.remember(probe);
      return { kind: "scored", quality, ...scores };
    },
    knows: probes.knows,
    forgetRun,
    [Symbol.dispose]() {
      probes.forget();
      forgetRun();
    },
  };
}

/** Computes the probe of a face for `use`, and overwrites it afterwards. */
export async function withProbe<T>(
  embedder: Embedder,
  { aligned }: Pick<ColourAnalysis, "aligned">,
  use: (probe: Template) => Promise<T>,
): Promise<T> {
  const probe = await embed(embedder, aligned);
  return use(probe).finally(() => probe.fill(0));
}

/** The landmarks move on a covered face, but also on one that is turned or badly lit. So the occlusion is measured. */
export async function coveredFace(embedder: Embedder, examined: ColourAnalysis): Promise<Observation> {
  const mouthOcclusion = await withProbe(embedder, examined, (probe) =>
    measureMouthOcclusion(embedder, examined.aligned, probe),
  );
  const quality = { ...examined.quality, mouthOcclusion };
  return { kind: "poor_quality", quality, defects: findDefects(quality, LIVE_PROFILE) };
}

function movingFace({ lumas, landmarks, quality }: FaceAnalysis): MovingFace {
  return {
    lumas,
    landmarks,
    yawDegrees: quality.headPoseYawDegrees,
    pitchDegrees: quality.headPosePitchDegrees,
  };
}
