import { ModelError } from "./errors.ts";
import type { Threshold } from "./manifest.ts";

/**
 * The threshold for a false match rate: that of the largest measured rate that is not above it. Throws ModelError
 * `fmr_unsupported` if no measured rate is that small.
 */
export function chooseThreshold(thresholds: readonly Threshold[], fmr: number): Threshold {
  const good = thresholds.filter((one) => one.fmr <= fmr).sort((a, b) => b.fmr - a.fmr)[0];
  if (good) return good;
  const finest = Math.min(...thresholds.map((one) => one.fmr));
  throw new ModelError("fmr_unsupported", `the model pack was measured down to ${finest}, not ${fmr}`);
}
