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

/** What became of a reference photo. */
export type Enrolment =
  | { readonly kind: "enrolled"; readonly template: Template; readonly quality: Quality }
  | {
      readonly kind: "unusable";
      readonly problem: ReferenceProblem;
      readonly defects: readonly Defect[];
      readonly quality?: Quality;
    };

/**
 * Compares one person with one reference, 1:1. Templates belong to the caller, who overwrites them; what a tracker remembers
 * is overwritten when it is disposed of. Calls block their thread while networks run, and there is one at a time.
 * Pictures are packed RGB of any size from 1×1.
 */
export interface Recognizer extends AsyncDisposable {
  /** Makes a template of a reference photo, from a 102×126 chip photo upwards. */
  enrol(reference: Image): Promise<Enrolment>;
  /** Begins to look at the one customer, to be compared with the template. One tracker at a time. */
  track(template: Template): FaceTracker;
  /** Says what a picture shows without comparing it, for whoever aims the camera. */
  sight(picture: Image): Promise<Sighting>;
  /** Whether the picture has one face that stands upright, for whoever does not know how the camera is mounted. */
  seesUprightFace(picture: Image): Promise<boolean>;
  /** Runs every network once. Throws ModelError `self_test_failed` when one does not compute on this machine. */
  selfTest(): Promise<void>;
}

/** Loads a checked pack, and holds none of its bytes after that. Throws ModelError when a network cannot be used. */
export async function load(pack: Pack, loadNetwork: LoadNetwork): Promise<Recognizer> {
  const alikeFrom = Math.max(...pack.manifest.thresholds.map(({ similarity }) => similarity));
  return recognizing(await loadNetworks(pack, loadNetwork), alikeFrom);
}

function recognizing(networks: Networks, alikeFrom: number): Recognizer {
  return {
    enrol: (reference) => enrol(networks, reference).finally(() => networks.wipe()),
    track: (template) => trackFace(networks, template, alikeFrom),
    sight: (picture) => sight(networks, picture).finally(() => networks.wipe()),
    seesUprightFace: (picture) => seesUprightFace(networks, picture),
    selfTest: () => selfTest(networks).finally(() => networks.wipe()),
    [Symbol.asyncDispose]: () => networks[Symbol.asyncDispose](),
  };
}

/**
 * The margins around a reference with which faces are looked for, in turn. ID photos are cut so close that the detector
 * misses the face without some empty canvas around it.
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
