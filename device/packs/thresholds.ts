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

/** Throws DeviceFault `settings_refused` when a pack was never measured at the false match rate that the settings name. */
export function requireRate({ thresholds }: Pick<LoadedPack, "thresholds">, fmr: number): void {
  try {
    chooseThreshold(thresholds, fmr);
  } catch (cause) {
    throw new DeviceFault("settings_refused", `MATCHLIGHT_FMR: ${(cause as Error).message}.`, { cause });
  }
}

/** The threshold for a report that nothing was compared for: of a pack without the wanted rate its finest. */
export function nearestThreshold({ thresholds }: Pick<LoadedPack, "thresholds">, fmr: number): Threshold {
  const finest = Math.min(...thresholds.map((one) => one.fmr));
  return chooseThreshold(thresholds, Math.max(fmr, finest));
}
