import type { Template } from "../embedding/embedder.ts";
import type { Image } from "../imaging/image.ts";
import type { Pack } from "../pack/pack.ts";
import { type Defect, REFERENCE_PROFILE } from "../quality/profile.ts";
import type { Quality } from "../quality/quality.ts";
import type { LoadNetwork } from "../runtime/network.ts";
import { analyseFaces, findSubject } from "./face-analysis.ts";
import { type FaceTracker, trackFace } from "./face-tracker.ts";
import { loadNetworks, type Networks } from "./networks.ts";
import { embedReference } from "./reference-template.ts";
import { selfTest } from "./self-test.ts";
import { type Sighting, sight } from "./sighting.ts";
import { seesUprightFace } from "./upright.ts";

/** Why a reference photo cannot be used. */
export type ReferenceProblem = "no_face" | "two_faces" | "poor_quality";

/** The result of enrolling a reference photo. */
export type Enrolment =
  | { readonly kind: "enrolled"; readonly template: Template; readonly quality: Quality }
  | {
      readonly kind: "unusable";
      readonly problem: ReferenceProblem;
      readonly defects: readonly Defect[];
      readonly quality?: Quality;
    };

/**
 * Compares one person with one reference, 1:1. The caller owns the templates and overwrites them; a tracker overwrites what
 * it keeps when it is disposed. Calls block their thread while networks run. One call at a time. Pictures are packed RGB of
 * any size from 1×1.
 */
export interface Recognizer extends AsyncDisposable {
  /** Computes the template of a reference photo of 102×126 pixels (a chip photo) or more. */
  enrol(reference: Image): Promise<Enrolment>;
  /** Begins to observe the one subject, who is compared with the template. One tracker at a time. */
  track(template: Template): FaceTracker;
  /** Says what a picture shows without a comparison, for aiming the camera. */
  sight(picture: Image): Promise<Sighting>;
  /** Whether the picture has one upright face. It is used to find how the camera is mounted. */
  seesUprightFace(picture: Image): Promise<boolean>;
  /** Runs every network once. Throws ModelError `self_test_failed` if one computes wrong on this machine. */
  selfTest(): Promise<void>;
}

/** Loads a verified pack and keeps none of its bytes. Throws ModelError if a network cannot be used. */
export async function load(pack: Pack, loadNetwork: LoadNetwork): Promise<Recognizer> {
  const alikeFrom = Math.max(...pack.manifest.thresholds.map(({ similarity }) => similarity));
  return recognizing(await loadNetworks(pack, loadNetwork), alikeFrom);
}

function recognizing(networks: Networks, alikeFrom: number): Recognizer {
  return {
    enrol: (reference) => enrol(networks, reference).finally(() => networks.wipe()),
    track: (template) => trackFace(networks, template, alikeFrom),
    sight: (picture) => sight(networks, picture).finally(() => networks.wipe()),
    seesUprightFace: (picture) => seesUprightFace(networks, picture).finally(() => networks.wipe()),
    selfTest: () => selfTest(networks).finally(() => networks.wipe()),
    [Symbol.asyncDispose]: () => networks[Symbol.asyncDispose](),
  };
}

/**
 * The margins around a reference with which the detector runs, in this order. ID photos are cut so close that the detector
 * misses the face without empty canvas around it.
 */
export const REFERENCE_MARGINS = [0.5, 0, 1];

async function enrol(networks: Networks, reference: Image): Promise<Enrolment> {
  const presence = await findSubject(networks, reference, REFERENCE_MARGINS);
  if (presence.kind === "nobody") return { kind: "unusable", problem: "no_face", defects: [] };
  if (presence.kind === "several") return { kind: "unusable", problem: "two_faces", defects: [] };
  const examined = await analyseFaces(networks, reference, presence.face, REFERENCE_PROFILE);
  const { quality, defects } = examined;
  if (defects.length > 0) return { kind: "unusable", problem: "poor_quality", defects, quality };
  return { kind: "enrolled", template: await embedReference(networks, reference, examined), quality };
}
