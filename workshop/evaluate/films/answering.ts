import type { Side } from "../../../device/session/challenge.ts";
import type { Hint } from "../../../protocol/messages/contract.ts";
import { HELD_FRAMES, type Turn } from "./turns.ts";

/** A film of somebody who does what the device says, as far as the film shows it. */
export interface AnsweringFilm {
  /** Frames without end; what was heard decides on the next one. */
  readonly frames: Iterable<Uint8Array>;
  hear(said: Hint | null): void;
}

export interface Cut {
  readonly frames: readonly Uint8Array[];
  /** Where the film goes on in its own time until something is asked. */
  readonly from: number;
  readonly turns: readonly Turn[];
  /** 0…, which of several turns is the first to be played. */
  readonly draw: number;
}

const SIDES: Partial<Record<Hint, Side>> = { turn_left: "left", turn_right: "right" };

/**
 * The film goes on in its own time until a turn is asked for; then a turn to that side is played, and backwards to where it
 * began. There the face stays to the camera as long as it is asked to, and then the film goes on from there: one cut for each
 * turn, from a frontal face to a frontal face. A film without a turn to that side goes on.
 */
export function answering(cut: Cut): AnsweringFilm {
  let said: Hint | null = null;
  return {
    frames: { [Symbol.iterator]: () => played(cut, () => said) },
    hear: (hint) => {
      said = hint;
    },
  };
}

function* played({ frames, from, turns, draw }: Cut, lastHint: () => Hint | null): Generator<Uint8Array> {
  let ownTime = toAndFro(from, [0, frames.length - 1]);
  let rest = ownTime;
  let piece: readonly number[] = [];
  for (let asked = 0, before: Hint | null = null; ; ) {
    const said = lastHint();
    const turn = said === before ? undefined : chosen(turns, said ? SIDES[said] : undefined, draw + asked);
    if (turn) {
      [piece, asked] = [thereAndBack(turn), asked + 1];
      rest = toAndFro(turn.from, [turn.heldFrom, turn.from]);
      ownTime = toAndFro(turn.from, [0, frames.length - 1]);
    }
    before = said;
    const [next, ...then] = piece;
    piece = then;
    yield frames[next ?? (isForTheCamera(said) ? rest : ownTime).next().value] as Uint8Array;
  }
}

function isForTheCamera(said: Hint | null): boolean {
  return said === "look_at_the_camera" || (said !== null && SIDES[said] !== undefined);
}

/** One of the turns to a side before which the face is frontal for longest: from there somebody who is asked would turn. */
function chosen(turns: readonly Turn[], side: Side | undefined, draw: number): Turn | undefined {
  const there = turns.filter((turn) => turn.side === side);
  const longest = Math.max(...there.map(heldFrames));
  const best = there.filter((turn) => heldFrames(turn) === longest);
  return best[draw % best.length];
}

function heldFrames({ from, heldFrom }: Turn): number {
  return from - heldFrom;
}

/** Nobody turns back in the tenth of a second in which the turn is seen: the last two frames are played once more. */
const HOLDS = [1, 0];

/** Whoever is asked needs HELD_FRAMES to hear it; where the film is not frontal for so long before, those frames are repeated. */
function thereAndBack({ heldFrom, from, to }: Turn): readonly number[] {
  const before = toAndFro(from, [heldFrom, from]);
  const held = Array.from({ length: HELD_FRAMES + 1 }, () => before.next().value).reverse();
  const there = Array.from({ length: to - from }, (_, i) => from + 1 + i);
  return [...held, ...there, ...HOLDS.map((back) => to - back), ...there.map((at) => at - 1).reverse()];
}

/** Frames from one on, backwards at the end and forwards again: no jump, and nobody new. */
export function* toAndFro(from: number, [first, last]: readonly [number, number]): Generator<number, never> {
  for (let at = from, step = 1; ; ) {
    yield at;
    if (at + step < first || at + step > last) step = -step;
    at = Math.min(last, Math.max(first, at + step));
  }
}
