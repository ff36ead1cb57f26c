import { align } from "./align.ts";
import { frameOf } from "./boxes.ts";
import { chooseCustomer, type Presence } from "./customer.ts";
import { detect, type Face } from "./detector.ts";
import { embed, similarity, type Template } from "./embedder.ts";
import { findLandmarks } from "./landmarks.ts";
import { measureLiveness } from "./liveness.ts";
import { loadNetworks, type Networks } from "./networks.ts";
import type { Pack } from "./pack.ts";
import type { Picture } from "./picture.ts";
import { type Defect, findDefects, LIVE_PROFILE, type QualityProfile, REFERENCE_PROFILE } from "./profile.ts";
import { measureQuality, type Quality } from "./quality.ts";
import { loadOnnx } from "./runtime/onnx.ts";
import { selfTest } from "./self-test.ts";

/** Why a reference photo cannot be used. */
export type ReferenceProblem = "no_face" | "two_faces" | "poor_quality";

/** What became of a reference photo. */
export type Enrolment =
  | { readonly kind: "enrolled"; readonly template: Template; readonly quality: Quality }
  | { readonly kind: "unusable"; readonly problem: ReferenceProblem; readonly defects: readonly Defect[] };

/** What one picture shows of the customer. Scores are given only for a picture that is good enough to have any. */
export type Observation =
  | { readonly kind: "no_face" }
  | { readonly kind: "two_faces" }
  | { readonly kind: "poor_quality"; readonly quality: Quality; readonly defects: readonly Defect[] }
  | {
      readonly kind: "scored";
      readonly quality: Quality;
      /** Probability of a bona fide presentation, 0…1. */
      readonly liveness: number;
      /** Comparison score: cosine, −1…1. */
      readonly similarity: number;
    };

/**
 * Compares one person with one reference, 1:1. It keeps nothing: templates belong to the caller, who overwrites them.
 * Calls block their thread while networks run. Pictures are packed RGB of any size from 1×1.
 */
export interface Recognizer extends AsyncDisposable {
  /** Makes a template of a reference photo, from a 102×126 chip photo upwards. */
  enrol(reference: Picture): Promise<Enrolment>;
  /** Looks for the one customer in a picture and compares them with the template. */
  observe(picture: Picture, template: Template): Promise<Observation>;
  /** Runs every network once. Throws ModelError `self_test_failed` when one does not compute on this machine. */
  selfTest(): Promise<void>;
}

/** Loads a checked pack. Throws ModelError when a network cannot be used. */
export async function load(pack: Pack, loadNetwork = loadOnnx): Promise<Recognizer> {
  const networks = await loadNetworks(pack, loadNetwork);
  return {
    enrol: (reference) => enrol(networks, reference),
    observe: (picture, template) => observe(networks, picture, template),
    selfTest: () => selfTest(networks),
    [Symbol.asyncDispose]: () => networks[Symbol.asyncDispose](),
  };
}

/**
 * The margins around a picture with which faces are looked for, in turn. ID photos are cut so close that the detector
 * misses the face without some empty canvas around it.
 */
export const REFERENCE_MARGINS = [0.5, 0, 1];
export const LIVE_MARGINS = [0, 0.5];

async function enrol(networks: Networks, reference: Picture): Promise<Enrolment> {
  const presence = await findCustomer(networks, reference, REFERENCE_MARGINS);
  if (presence.kind === "nobody") return { kind: "unusable", problem: "no_face", defects: [] };
  if (presence.kind === "several") return { kind: "unusable", problem: "two_faces", defects: [] };
  const { aligned, quality, defects } = await examine(networks, reference, presence.face, REFERENCE_PROFILE);
  if (defects.length > 0) return { kind: "unusable", problem: "poor_quality", defects };
  return { kind: "enrolled", template: await embed(networks.embedder, aligned), quality };
}

async function observe(networks: Networks, picture: Picture, template: Template): Promise<Observation> {
  const presence = await findCustomer(networks, picture, LIVE_MARGINS);
  if (presence.kind === "nobody") return { kind: "no_face" };
  if (presence.kind === "several") return { kind: "two_faces" };
  const { aligned, quality, defects } = await examine(networks, picture, presence.face, LIVE_PROFILE);
  if (defects.length > 0) return { kind: "poor_quality", quality, defects };
  const liveness = await measureLiveness(networks.liveness, picture, presence.face);
  const probe = await embed(networks.embedder, aligned);
  const score = similarity(template, probe);
  probe.fill(0);
  return { kind: "scored", quality, liveness, similarity: score };
}

async function findCustomer(networks: Networks, picture: Picture, margins: readonly number[]): Promise<Presence> {
  for (const margin of margins) {
    const faces = await detect(networks.detector, picture, frameOf(picture, margin));
    if (faces.length > 0) return chooseCustomer(faces);
  }
  return { kind: "nobody" };
}

/** One face, measured: what the embedder would see, and what is wrong with it under a profile. */
export async function examine(networks: Networks, picture: Picture, face: Face, profile: QualityProfile) {
  const landmarks = await findLandmarks(networks.landmarks, picture, face);
  const aligned = align(picture, landmarks);
  const quality = measureQuality(picture, landmarks, aligned);
  return { aligned, quality, defects: findDefects(quality, profile) };
}
