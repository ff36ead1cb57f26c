import type { RgbImage } from "../../drivers/image/jpeg.ts";
import type { RawFrame } from "../../drivers/image/pixels.ts";
import type { QuarterTurn } from "../../drivers/image/quarter-turn.ts";
import type { Threshold } from "../../models/pack/manifest.ts";
import type { Pack } from "../../models/pack/pack.ts";
import type { Observation, Wanted } from "../../models/pipeline/observation.ts";
import type { ReferenceProblem } from "../../models/pipeline/recognizer.ts";
import type { Sighting } from "../../models/pipeline/sighting.ts";
import type { Runtime } from "../../models/runtime/runtime.ts";
import type { EndOfThread } from "./end-worker.ts";

/** The data of a loaded pack that the device needs. The networks stay in the worker. */
export interface LoadedPack extends Partial<Took> {
  readonly id: string;
  readonly version: string;
  readonly hash: string;
  readonly thresholds: readonly Threshold[];
  readonly bonaFideAtLeast: number;
  readonly attackBelow: number;
}

/** The times for loading the networks and for the self-test. */
export interface Took {
  readonly loadMs: number;
  readonly selfTestMs: number;
}

/**
 * The first message to the worker; the bytes of the pack are moved to it. It is not `workerData`, because that stays in
 * memory as long as the worker, and the bytes are useless once the networks are loaded.
 */
export interface WorkerSetup {
  readonly pack: Pack;
  readonly runtime: Runtime;
}

/** The result of enrolling a reference photo. The template stays in the worker. */
export type Enrolled =
  | { readonly kind: "enrolled" }
  | { readonly kind: "unusable"; readonly problem: ReferenceProblem | "no_picture"; readonly detail: string };

/** The result for a frame; `damaged` if it could not be decoded. */
export type Look = (Observation & Turned) | { readonly kind: "damaged"; readonly detail: string };

/** The turn at which the search found an upright face in the frame. */
interface Turned {
  readonly uprightAt?: QuarterTurn | undefined;
}

/** The turn of a frame before it is analysed, and whether other turns are tried if it has no upright face. */
export interface Turning {
  readonly degrees: QuarterTurn;
  readonly search: boolean;
}

/** The result for a frame without a reference; `damaged` if it could not be decoded. */
export type Sight =
  | (Sighting & Turned & { readonly kind: "seen" })
  | { readonly kind: "damaged"; readonly detail: string };

export const AS_IT_IS: Turning = { degrees: 0, search: false };

/** A question to the worker. */
export type Question =
  | { readonly kind: "enrol"; readonly picture: RgbImage }
  | { readonly kind: "look"; readonly frame: RawFrame; readonly wanted: Wanted; readonly turning: Turning }
  | { readonly kind: "sight"; readonly frame: RawFrame; readonly turning: Turning }
  | { readonly kind: "forget" };

/** The worker's answer to each kind of question. */
export interface Answers {
  readonly enrol: Enrolled;
  readonly look: Look;
  readonly sight: Sight;
  readonly forget: undefined;
}

export type ToWorker = { readonly kind: "question"; readonly id: number; readonly question: Question } | EndOfThread;

export type FromWorker =
  | { readonly kind: "ready"; readonly took: Took }
  | { readonly kind: "refused"; readonly code: "pack_refused" | "self_test_failed"; readonly message: string }
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly answer: Answers[keyof Answers];
      /** The overwritten buffer of the question, to be used again. */
      readonly empty?: ArrayBuffer | undefined;
    }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };
