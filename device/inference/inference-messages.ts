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

/** What the device must know of a loaded pack; the networks themselves stay with the worker. */
export interface LoadedPack extends Partial<Took> {
  readonly id: string;
  readonly version: string;
  readonly hash: string;
  readonly thresholds: readonly Threshold[];
  readonly bonaFideAtLeast: number;
  readonly attackBelow: number;
}

/** How long loading the networks and running each once took. */
export interface Took {
  readonly loadMs: number;
  readonly selfTestMs: number;
}

/**
 * The first message to the worker; the pack's bytes are moved to it. Not its `workerData`, which lives as long as the
 * worker: nobody needs the bytes once the networks are loaded.
 */
export interface WorkerSetup {
  readonly pack: Pack;
  readonly runtime: Runtime;
}

/** What became of a reference photo. The template stays with the worker. */
export type Enrolled =
  | { readonly kind: "enrolled" }
  | { readonly kind: "unusable"; readonly problem: ReferenceProblem | "no_picture"; readonly detail: string };

/** What a frame shows; `damaged` when it could not be decoded. */
export type Look = (Observation & Turned) | { readonly kind: "damaged"; readonly detail: string };

/** A turn after which an upright face was seen in the frame, where another was looked for. */
export interface Turned {
  readonly uprightAt?: QuarterTurn | undefined;
}

/** How frames are turned before they are looked at, and whether other turns are tried when no upright face is seen. */
export interface Turning {
  readonly degrees: QuarterTurn;
  readonly search: boolean;
}

/** What a frame shows without a reference; `damaged` when it could not be decoded. */
export type Sight =
  | (Sighting & Turned & { readonly kind: "seen" })
  | { readonly kind: "damaged"; readonly detail: string };

export const AS_IT_IS: Turning = { degrees: 0, search: false };

/** What the worker is asked. */
export type Question =
  | { readonly kind: "enrol"; readonly picture: RgbImage }
  | { readonly kind: "look"; readonly frame: RawFrame; readonly wanted: Wanted; readonly turning: Turning }
  | { readonly kind: "sight"; readonly frame: RawFrame; readonly turning: Turning }
  | { readonly kind: "forget" };

/** What it answers to each kind of question. */
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
      /** What the question's bytes came in, overwritten: for the next ones. */
      readonly empty?: ArrayBuffer | undefined;
    }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };
