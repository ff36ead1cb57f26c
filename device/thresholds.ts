import { ModelError } from "../models/errors.ts";
import type { Threshold } from "../models/manifest.ts";
import { chooseThreshold } from "../models/threshold.ts";
import type { LoadedPack } from "./inference-messages.ts";
import { Refusal } from "./link/request.ts";

/** The threshold of a pack for a wanted false match rate. Throws Refusal `fmr_unsupported`. */
export function thresholdOf({ thresholds }: Pick<LoadedPack, "thresholds">, fmr: number, jti?: string): Threshold {
  try {
    return chooseThreshold(thresholds, fmr);
  } catch (error) {
    if (error instanceof ModelError) throw new Refusal("fmr_unsupported", error.message, jti);
    throw error;
  }
}
