import type { QuarterTurn } from "../../drivers/image/quarter-turn.ts";

/** How far frames are turned, and what speaks for another turn. */
export interface Rotation {
  readonly degrees: QuarterTurn;
  /** A turn at which an upright face was seen while there was none at `degrees`, and how often on end. */
  readonly evidence?: { readonly degrees: QuarterTurn; readonly times: number };
}

/** What a frame says about the rotation. */
export interface RotationSign {
  /** An upright face is where it should be. */
  readonly upright: boolean;
  /** An upright face is seen after another turn. */
  readonly uprightAt?: QuarterTurn | undefined;
}

/** So many frames on end must say the same: a camera is mounted once, and a face may lie on its side for a moment. */
const FRAMES_TO_TURN = 3;

/** The rotation after one more frame. Pure. */
export function settleRotation(rotation: Rotation, { upright, uprightAt }: RotationSign): Rotation {
  const { degrees, evidence } = rotation;
  if (upright) return { degrees };
  if (uprightAt === undefined) return rotation;
  const times = evidence?.degrees === uprightAt ? evidence.times + 1 : 1;
  return times >= FRAMES_TO_TURN ? { degrees: uprightAt } : { degrees, evidence: { degrees: uprightAt, times } };
}
