import { type MotionLiveness, motionLiveness } from "../liveness/motion-liveness.ts";
import { type OcclusionWatch, watchForOcclusion } from "../quality/occlusion.ts";
import { LIVE_PROFILE } from "../quality/profile.ts";

/** What is remembered from one face of a run to the next; `forget` overwrites it. */
export interface FaceWatch {
  readonly life: MotionLiveness;
  readonly occlusion: OcclusionWatch;
  /** What comes next may be somebody else. */
  forget(): void;
}

export function watchFace(): FaceWatch {
  const life = motionLiveness();
  const occlusion = watchForOcclusion(LIVE_PROFILE.maximumMouthOcclusion);
  return {
    life,
    occlusion,
    forget() {
      life.forget();
      occlusion.forget();
    },
  };
}
