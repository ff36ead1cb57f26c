import { type Comparison, isComparable, LOOKS } from "./judge.ts";

/** The progress of a stage. */
export interface Progress {
  readonly sinceMs: number;
  readonly stageMs: number;
  readonly verifications: number;
  readonly least: number;
  /** The number of looks taken. */
  readonly looks: number;
}

/** The verdict. `wait`: no look is due. `look`: a look found nothing worse. `next`: the stage is over and was good. */
export type Verdict =
  | { readonly kind: "halt"; readonly worse: readonly Comparison[] }
  | { readonly kind: "next" }
  | { readonly kind: "look"; readonly looks: number }
  | { readonly kind: "wait"; readonly for: "time" | "verifications" | "baseline" };

/** Decides only at the quarters of a stage, because more looks would find more differences by chance. Pure. */
export function decide(progress: Progress, comparisons: readonly Comparison[]): Verdict {
  const worse = comparisons.filter((one) => one.worse);
  const refused = worse.filter(({ figure }) => figure === "refused");
  // Refusals are not a statistical test, so they can halt the rollout at any time.
  if (refused.length > 0) return { kind: "halt", worse: refused };
  const quarters = {
    time: progress.sinceMs / progress.stageMs,
    verifications: progress.verifications / progress.least,
  };
  const reached = Math.min(LOOKS, Math.floor(Math.min(quarters.time, quarters.verifications) * LOOKS));
  const isDue = reached > progress.looks;
  if (isDue && worse.length > 0) return { kind: "halt", worse };
  if (reached === LOOKS && isComparable(comparisons)) return { kind: "next" };
  if (isDue) return { kind: "look", looks: reached };
  if (reached === LOOKS) return { kind: "wait", for: "baseline" };
  return { kind: "wait", for: quarters.time < quarters.verifications ? "time" : "verifications" };
}
