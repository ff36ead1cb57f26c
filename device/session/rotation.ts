import type { QuarterTurn } from "../../drivers/image/quarter-turn.ts";

/** The turn of the frames, and the evidence for another turn. */
export interface Rotation {
  readonly degrees: QuarterTurn;
  /** A turn at which there was an upright face and none at `degrees`, and how many consecutive times. */
  readonly evidence?: { readonly degrees: QuarterTurn; readonly times: number };
}

/** The evidence of one frame. */
export interface RotationSign {
  /** The frame has an upright face. */
  readonly upright: boolean;
  /** The frame has an upright face after another turn. */
  readonly uprightAt?: QuarterTurn | undefined;
}

/** This many consecutive frames must agree: a camera is mounted once, and a face may be on its side for a moment. */
const FRAMES_TO_TURN = 3;

/** The rotation after one more frame. Pure. */
export function settleRotation(rotation: Rotation, { upright, uprightAt }: RotationSign): Rotation {
  const { degrees, evidence } = rotation;
  if (upright) return { degrees };
  if (uprightAt === undefined) return rotation;
  const times = evidence?.degrees === uprightAt ? evidence.times + 1 : 1;
  return times >= FRAMES_TO_TURN ? { degrees: uprightAt } : { degrees, evidence: { degrees: uprightAt, times } };
}
