import { type Embedder, embed, similarity, type Template } from "../embedding/embedder.ts";
import type { Image } from "../imaging/image.ts";
import { type MovingFace, motionLiveness } from "../liveness/motion-liveness.ts";
import { hasScreenEdges } from "../liveness/screen-edge.ts";
import { measureLiveness } from "../liveness/texture-liveness.ts";
import { measureMouthOcclusion, monitorOcclusion } from "../quality/occlusion.ts";
import { findDefects, LIVE_PROFILE } from "../quality/profile.ts";
import type { FaceAnalysis } from "./face-analysis.ts";
import type { Networks } from "./networks.ts";
import type { Observation, Wanted } from "./observation.ts";
import { templateHistory } from "./template-history.ts";

/** Compares the faces of one person with a reference, picture after picture. Disposing it overwrites what it remembers. */
export interface FaceComparison extends Disposable {
  /** What is said of a face that need not be compared; undefined where it is to be, because it shows a sign of life, does not go on, or all is wanted. */
  unchanged(picture: Image, face: FaceAnalysis, wanted: Wanted): Promise<Observation | undefined>;
  score(picture: Image, face: FaceAnalysis, probe: Template): Promise<Observation>;
  /** Whether a probe is of the person that was scored before; undefined where nobody was. */
  knows(probe: Template): boolean | undefined;
  /** Forgets what is seen over several pictures without a break: signs of life, and what is before the mouth. */
  forgetRun(): void;
}

/** Compares with `reference`, which stays the caller's. A score of at least `alikeFrom` is a match at every threshold. */
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
      if (!life.goesOn(movingFace(examined), picture)) return undefined;
      if (wanted === "signs") return { kind: "unchanged", quality };
      const liveness = await measureLiveness(networks.liveness, picture, face, landmarks);
      return { kind: "unchanged", quality, liveness };
    },
    async score(picture, examined, probe) {
      const { aligned, face, landmarks } = examined;
      const score = similarity(reference, probe);
      // Who is recognized has nothing before the mouth that matters; a covered face must not be told that it is another.
      const mouthOcclusion = score < alikeFrom ? await occlusion.look(networks.embedder, aligned, probe) : undefined;
      const quality = { ...examined.quality, mouthOcclusion };
      const defects = findDefects(quality, LIVE_PROFILE);
      if (defects.length > 0) return { kind: "poor_quality", quality, defects };
      const scores = {
        liveness: await measureLiveness(networks.liveness, picture, face, landmarks),
        similarity: score,
        agreement: probes.agreement(probe),
        signs: life.look(movingFace(examined), probe, picture),
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

/** Makes the probe of a face, and overwrites it when it has been used. */
export async function withProbe<T>(
  embedder: Embedder,
  { aligned }: FaceAnalysis,
  use: (probe: Template) => Promise<T>,
): Promise<T> {
  const probe = await embed(embedder, aligned);
  return use(probe).finally(() => probe.fill(0));
}

/** Landmarks have no hold on a covered face, and on one that is turned or lit badly neither: what is before it is looked for. */
export async function coveredFace(embedder: Embedder, examined: FaceAnalysis): Promise<Observation> {
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
