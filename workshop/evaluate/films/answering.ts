import type { Side } from "../../../device/session/challenge.ts";
import type { Hint } from "../../../protocol/messages/contract.ts";
import { HELD_FRAMES, type Turn } from "./turns.ts";

/** Plays a film as if its person followed the device's hints, as far as the film shows such motions. */
export interface AnsweringFilm {
  /** Endless frames. The last hint decides on the next frame. */
  readonly frames: Iterable<Uint8Array>;
  hear(said: Hint | null): void;
}

export interface Cut {
  readonly frames: readonly Uint8Array[];
  /** The frame from which the film plays normally until the device asks for something. */
  readonly from: number;
  readonly turns: readonly Turn[];
  /** Selects the first played turn when there are several; counted from 0. */
  readonly draw: number;
}

const SIDES: Partial<Record<Hint, Side>> = { turn_left: "left", turn_right: "right" };

/**
 * Plays the film normally until the device asks for a turn. Then it plays a turn to that side, and the same frames backwards to
 * the start of the turn. There the face stays frontal for as long as the device asks for it; then the film goes on from there.
 * Each turn adds one cut, from a frontal face to a frontal face. If the film has no turn to that side, it goes on.
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

/**
 * Chooses among the turns to a side with the longest frontal time before them, because a person who is asked turns from a frontal
 * pose.
 */
function chosen(turns: readonly Turn[], side: Side | undefined, draw: number): Turn | undefined {
  const there = turns.filter((turn) => turn.side === side);
  const longest = Math.max(...there.map(heldFrames));
  const best = there.filter((turn) => heldFrames(turn) === longest);
  return best[draw % best.length];
}

function heldFrames({ from, heldFrom }: Turn): number {
  return from - heldFrom;
}

/** A person does not turn back within the tenth of a second in which the turn is seen, so the last two frames are repeated. */
const HOLDS = [1, 0];

/** A person needs HELD_FRAMES to hear the request. If the film is frontal for a shorter time, its frontal frames are repeated. */
function thereAndBack({ heldFrom, from, to }: Turn): readonly number[] {
  const before = toAndFro(from, [heldFrom, from]);
  const held = Array.from({ length: HELD_FRAMES + 1 }, () => before.next().value).reverse();
  const there = Array.from({ length: to - from }, (_, i) => from + 1 + i);
  return [...held, ...there, ...HOLDS.map((back) => to - back), ...there.map((at) => at - 1).reverse()];
}

/** Gives frame numbers from one on, backwards at the end and forwards again, so that there is no jump and no new person. */
export function* toAndFro(from: number, [first, last]: readonly [number, number]): Generator<number, never> {
  for (let at = from, step = 1; ; ) {
    yield at;
    if (at + step < first || at + step > last) step = -step;
    at = Math.min(last, Math.max(first, at + step));
  }
}
