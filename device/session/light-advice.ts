import type { Quality } from "../../models/quality/quality.ts";
import type { Hint } from "../../protocol/messages/contract.ts";

/** From when light is amiss; luminances are 0…1. */
export interface Light {
  /** A face darker than this, whatever is around it. */
  readonly dark: number;
  /** A face darker than `shadow` in a picture that is this much lighter around it stands against the light. */
  readonly shadow: number;
  readonly behind: number;
  /** A face whose darker half has less than this share of the light of the other. */
  readonly uneven: number;
}

/** What is wrong with the light on a face; null when nothing is. Pure. */
export function lightHint(
  { luminanceMean, backgroundLuminance, illuminationUniformity }: Quality,
  { dark, shadow, behind, uneven }: Light,
): Hint | null {
  if (luminanceMean < shadow && backgroundLuminance - luminanceMean > behind) return "too_bright_behind";
  if (illuminationUniformity < uneven) return "face_the_light";
  return luminanceMean < dark ? "more_light" : null;
}
