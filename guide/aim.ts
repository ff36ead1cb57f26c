import type { Hint } from "../protocol/messages/contract.ts";

export interface AimPoint {
  readonly x: number;
  readonly y: number;
}

/** What the camera sees while it is aimed, in numbers; lengths in pixels of the upright frame. */
export interface AimNumbers {
  readonly frame: { readonly width: number; readonly height: number };
  readonly rotation: number;
  readonly hint: Hint | null;
  /** Absent when nobody is in view. */
  readonly face?: AimFace;
}

export interface AimFace {
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** The eyes, the nose, the corners of the mouth. */
  readonly points: readonly AimPoint[];
  readonly eyeDistance: number;
  readonly light: number;
  readonly sharpness: number;
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}
