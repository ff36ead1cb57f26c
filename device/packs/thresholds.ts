import { ModelError } from "../../models/pack/errors.ts";
import type { Threshold } from "../../models/pack/manifest.ts";
import { chooseThreshold } from "../../models/pack/threshold.ts";
import { Refusal } from "../../protocol/readers/request-reader.ts";
import { DeviceFault } from "../faults.ts";
import type { LoadedPack } from "../inference/inference-messages.ts";

/** The threshold of a pack for a wanted false match rate. Throws Refusal `fmr_unsupported`. */
export function thresholdOf({ thresholds }: Pick<LoadedPack, "thresholds">, fmr: number, jti?: string): Threshold {
  try {
    return chooseThreshold(thresholds, fmr);
  } catch (error) {
    if (error instanceof ModelError) throw new Refusal("fmr_unsupported", error.message, jti);
    throw error;
  }
}

/** Whether a pack has a threshold for a wanted false match rate. */
export function supportsRate({ thresholds }: Pick<LoadedPack, "thresholds">, fmr: number): boolean {
  return thresholds.some((one) => one.fmr <= fmr);
}

/** Throws DeviceFault `settings_refused` if a pack does not support the false match rate of the settings. */
export function requireRate({ thresholds }: Pick<LoadedPack, "thresholds">, fmr: number): void {
  try {
    chooseThreshold(thresholds, fmr);
  } catch (cause) {
    throw new DeviceFault("settings_refused", `MATCHLIGHT_FMR: ${(cause as Error).message}.`, { cause });
  }
}

/** The threshold for a report without a comparison. If the pack does not support the rate, its finest one is used. */
export function nearestThreshold({ thresholds }: Pick<LoadedPack, "thresholds">, fmr: number): Threshold {
  const finest = Math.min(...thresholds.map((one) => one.fmr));
  return chooseThreshold(thresholds, Math.max(fmr, finest));
}
