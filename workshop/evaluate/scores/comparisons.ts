import { setImmediate } from "node:timers/promises";
import type { Progress } from "../../../cli/console/progress.ts";
import { similarity, type Template } from "../../../models/embedding/embedder.ts";
import { type Scores, sortInTurns } from "./error-rates.ts";

/** A reference and a probe, and whether they show the same person. */
export interface Comparison {
  readonly reference: Template;
  readonly probe: Template;
  readonly same: boolean;
  /** The indices of their pictures in the set: one for the reference, one or more for the probe. */
  readonly referenceAt: number;
  readonly probeAt: readonly number[];
  readonly fold?: number | undefined;
}

/** Comparisons to make, and their number by kind. */
export interface Comparisons {
  readonly genuine: number;
  readonly impostor: number;
  readonly each: Iterable<Comparison>;
}

export interface ScoreOptions {
  readonly progress?: Progress;
  /** Ends the work early and returns the scores so far. */
  readonly signal?: AbortSignal | undefined;
  /** Get each comparison, in order. */
  readonly observers?: readonly Observer[];
}

export type Observer = (comparison: Comparison, score: number) => void;

/** After this many comparisons (some milliseconds) timers, signals and pipes are handled. */
const TURN = 1 << 15;

/** Makes comparisons, and gives their scores. */
export async function scoreAll(
  comparisons: Comparisons,
  { progress, signal, observers = [] }: ScoreOptions = {},
): Promise<Scores> {
  const genuine = new Float64Array(comparisons.genuine);
  const impostor = new Float64Array(comparisons.impostor);
  const all = genuine.length + impostor.length;
  let [same, other] = [0, 0];
  for (const comparison of comparisons.each) {
    const score = similarity(comparison.reference, comparison.probe);
    if (comparison.same) genuine[same++] = score;
    else impostor[other++] = score;
    for (const observe of observers) observe(comparison, score);
    if ((same + other) % TURN !== 0) continue;
    progress?.(same + other, all);
    await setImmediate();
    if (signal?.aborted) break;
  }
  progress?.(same + other, all);
  return {
    genuine: await sortInTurns(genuine.subarray(0, same), setImmediate),
    impostor: await sortInTurns(impostor.subarray(0, other), setImmediate),
  };
}
