/** What one contender is, and where its parts lie; it goes to the process that is started for it. */
export type Setup =
  | { readonly kind: "matchlight"; readonly pack: string; readonly runtime: "onnx" | "tfjs" }
  | { readonly kind: "human" | "face-api"; readonly folder: string };

/** How long a piece of work took: on the clock, and of processors' time, which other programs disturb less. */
export interface Took {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** One pass through all stages of a contender, by their names. */
export type Pass = Readonly<Record<string, Took>>;

export interface ToContender {
  readonly passes: number;
}

export type FromContender =
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "measured"; readonly passes: readonly Pass[]; readonly residentBytes: number };

/** The stages of a contender, in order; each does its work once. One that does not find the face throws. */
export type Stages = ReadonlyMap<string, () => unknown>;

/** The stage that every contender has: from the JPEG to all that it says about the face. */
export const FRAME = "frame";
/** Ours only: a frame in which a face is followed from the frame before, without the detector. */
export const FOLLOWED = "followed";

/** The stages of our own. `embedder` is the network alone; the others include the JavaScript around theirs. */
export const OUR_STAGES = ["decode", "detect", "landmarks", "quality", "liveness", "embed"] as const;
export const EMBEDDER = "embedder";
