import type { Side } from "../../../device/session/challenge.ts";
import type { Observation } from "../../../models/pipeline/observation.ts";

/** A turn of a head from the camera to a side, by frame numbers. */
export interface Turn {
  readonly side: Side;
  /** The first frame of the frontal time before the turn, at most HELD_FRAMES before `from`. */
  readonly heldFrom: number;
  /** The last frontal frame. */
  readonly from: number;
  /** The frame with the largest angle, before the head turns back or is lost. */
  readonly to: number;
  readonly degrees: number;
}

/** The angles of the device's request (challenge.ts): a film is cut at the motions that a person would be asked for. */
const FRONTAL_DEGREES = 10;
const TURNED_DEGREES = 15;
/** A person who is asked turns this far and not to the shoulder. A film that turns further is cut here. */
const DEGREES_AT_MOST = 30;
/** Landmarks tremble: nine in ten frames by no more than this. */
const TREMBLE_DEGREES = 2;
/** A person needs half a second to hear the request. */
export const HELD_FRAMES = 5;
/** A turn that takes longer than two seconds (at ten frames a second) is looking around, not the answer to a request. */
const FRAMES_AT_MOST = 20;

/**
 * The yaw of a face that the device can use, in degrees. Behind hands, or in the first picture after a jump, the landmarks do
 * not show where the head is turned. Whoever looks at the floor or holds something before the face does not do as asked. Pure.
 */
export function usableYaw(seen: Observation): number | undefined {
  const isUsable = (seen.kind === "scored" || seen.kind === "unchanged") && !seen.jumped;
  return isUsable ? seen.quality.headPoseYawDegrees : undefined;
}

/** Finds all turns of a film by the head's yaw in each frame: left is positive, undefined without a usable face. Pure. */
export function findTurns(yaws: readonly (number | undefined)[]): readonly Turn[] {
  return yaws.flatMap((_, from): readonly Turn[] => {
    if (!isFrontal(yaws[from]) || isFrontal(yaws[from + 1])) return [];
    const side: Side = (yaws[from + 1] ?? 0) > 0 ? "left" : "right";
    const turned = (at: number) => (side === "left" ? 1 : -1) * (yaws[at] ?? 0);
    const to = peakOf(turned, from);
    if (to === undefined) return [];
    return [{ side, from, to, heldFrom: heldFrom(yaws, from), degrees: turned(to) }];
  });
}

export const BOTH_SIDES: readonly Side[] = ["left", "right"];

/** Whether a film has a turn to each side. Other films cannot follow all requests. Pure. */
export function canAnswer(turns: readonly Turn[]): boolean {
  return BOTH_SIDES.every((side) => turns.some((turn) => turn.side === side));
}

function isFrontal(yaw: number | undefined): boolean {
  return Math.abs(yaw ?? 90) <= FRONTAL_DEGREES;
}

/** The frame with the largest angle: the end of a rise that goes far enough. A tremble on the way does not end the rise. */
function peakOf(turned: (at: number) => number, from: number): number | undefined {
  let to = from + 1;
  while (to - from <= FRAMES_AT_MOST && turned(to) > FRONTAL_DEGREES && turned(to) < TURNED_DEGREES) to++;
  if (turned(to) < TURNED_DEGREES || to - from > FRAMES_AT_MOST) return undefined;
  let peak = to;
  const isBack = (at: number) => turned(at) <= turned(peak) - TREMBLE_DEGREES;
  for (let at = to + 1; !isBack(at) && turned(at) <= DEGREES_AT_MOST && at - from <= FRAMES_AT_MOST; at++)
    if (turned(at) > turned(peak)) peak = at;
  return peak;
}

function heldFrom(yaws: readonly (number | undefined)[], from: number): number {
  let at = from;
  while (at > 0 && from - at < HELD_FRAMES && isFrontal(yaws[at - 1])) at--;
  return at;
}
