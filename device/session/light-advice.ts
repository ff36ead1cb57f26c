import type { Quality } from "../../models/quality/quality.ts";
import type { Hint } from "../../protocol/messages/contract.ts";

/** Bounds of good light; luminances are 0…1. */
export interface Light {
  /** A darker face than this is too dark. */
  readonly dark: number;
  /** A face darker than `shadow` is against the light if the picture around it is this much lighter. */
  readonly shadow: number;
  readonly behind: number;
  /** The light is uneven if the darker half of a face has less than this share of the light of the other half. */
  readonly uneven: number;
}

/** The hint about the light on a face; null if it is good. Pure. */
export function lightHint(
  { luminanceMean, backgroundLuminance, illuminationUniformity }: Quality,
  { dark, shadow, behind, uneven }: Light,
): Hint | null {
  if (luminanceMean < shadow && backgroundLuminance - luminanceMean > behind) return "too_bright_behind";
  if (illuminationUniformity < uneven) return "face_the_light";
  return luminanceMean < dark ? "more_light" : null;
}
