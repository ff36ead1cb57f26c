/** The set-up of a contender, which goes to its process. */
export type Setup =
  | { readonly kind: "matchlight"; readonly pack: string; readonly runtime: "onnx" | "tfjs" }
  | { readonly kind: "human" | "face-api"; readonly folder: string };

/** The duration of work: wall clock time, and processor time, which other programs disturb less. */
export interface Took {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** One pass through all stages of a contender. */
export type Pass = Readonly<Record<string, Took>>;

export interface ToContender {
  readonly passes: number;
}

export type FromContender =
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "measured"; readonly passes: readonly Pass[]; readonly residentBytes: number };

/** The stages of a contender in order. A stage that does not find the face throws. */
export type Stages = ReadonlyMap<string, () => unknown>;

/** The stage of every contender: from the JPEG to all results. */
export const FRAME = "frame";
/** Matchlight only: a frame with a followed face, without the detector. */
export const FOLLOWED = "followed";

/** Our stages. `embedder` is the network alone; the others include their JavaScript. */
export const OUR_STAGES = ["decode", "detect", "landmarks", "quality", "liveness", "embed"] as const;
export const EMBEDDER = "embedder";
