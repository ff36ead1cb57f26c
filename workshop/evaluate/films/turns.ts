import type { Side } from "../../../device/session/challenge.ts";

/** A piece of a film in which a head turns from the camera to a side, by numbers of frames. */
export interface Turn {
  readonly side: Side;
  /** The first frame in which the face that is about to turn is frontal, at most HELD_FRAMES before `from`. */
  readonly heldFrom: number;
  /** The last frontal frame. */
  readonly from: number;
  /** The frame in which it is turned furthest, before it comes back or is lost. */
  readonly to: number;
  readonly degrees: number;
}

/** What the device asks for, and whom it asks (challenge.ts): a film is cut by what a person would be asked to do. */
const FRONTAL_DEGREES = 10;
const TURNED_DEGREES = 15;
/** A person who is asked turns as far as this and not to the shoulder; a film that turns further is cut there. */
const DEGREES_AT_MOST = 30;
/** Whoever is asked needs half a second to hear it. */
export const HELD_FRAMES = 5;
/** Who takes longer than two seconds at ten frames a second looks about, and does not turn as one who is asked does. */
const FRAMES_AT_MOST = 20;

/** All turns of a film, by the head's yaw in each frame: left is positive, undefined where no face is found. Pure. */
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

function isFrontal(yaw: number | undefined): boolean {
  return Math.abs(yaw ?? 90) <= FRONTAL_DEGREES;
}

/** Where it is turned furthest: the last frame of a rise that reaches far enough; a tremble on the way does not end it. */
function peakOf(turned: (at: number) => number, from: number): number | undefined {
  let to = from + 1;
  while (to - from <= FRAMES_AT_MOST && turned(to) > FRONTAL_DEGREES && turned(to) < TURNED_DEGREES) to++;
  if (turned(to) < TURNED_DEGREES || to - from > FRAMES_AT_MOST) return undefined;
  while (turned(to + 1) > turned(to) && turned(to + 1) <= DEGREES_AT_MOST) to++;
  return to;
}

function heldFrom(yaws: readonly (number | undefined)[], from: number): number {
  let at = from;
  while (at > 0 && from - at < HELD_FRAMES && isFrontal(yaws[at - 1])) at--;
  return at;
}
