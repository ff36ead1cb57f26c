import type { RawFrame } from "../drivers/pixels.ts";
import type { Threshold } from "../models/manifest.ts";
import type { Observation, ReferenceProblem } from "../models/recognizer.ts";

/** What the device must know of a loaded pack; the networks themselves stay with the worker. */
export interface LoadedPack {
  readonly id: string;
  readonly hash: string;
  readonly thresholds: readonly Threshold[];
  readonly bonaFideAtLeast: number;
  readonly attackBelow: number;
  /** How long loading the networks and running each once took. */
  readonly loadMs?: number;
  readonly selfTestMs?: number;
}

/** What became of a reference photo. The template stays with the worker. */
export type Enrolled =
  | { readonly kind: "enrolled" }
  | { readonly kind: "unusable"; readonly problem: ReferenceProblem | "no_picture"; readonly detail: string };

/** What a frame shows; `damaged` when it could not be decoded. */
export type Look = Observation | { readonly kind: "damaged"; readonly detail: string };

/** What the worker is asked. */
export type Question =
  | { readonly kind: "enrol"; readonly photo: Uint8Array }
  | { readonly kind: "look"; readonly frame: RawFrame }
  | { readonly kind: "forget" };

/** What it answers to each kind of question. */
export interface Answers {
  readonly enrol: Enrolled;
  readonly look: Look;
  readonly forget: undefined;
}

export type ToWorker = { readonly id: number; readonly question: Question };

export type FromWorker =
  | { readonly kind: "ready"; readonly pack: LoadedPack }
  | { readonly kind: "refused"; readonly code: "pack_refused" | "self_test_failed"; readonly message: string }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };
