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
  /** Where the face stays frontal, from one frame to another. */
  readonly frontal: readonly [number, number];
  /** 0…, which of several turns is the first to be played. */
  readonly draw: number;
}

const SIDES: Partial<Record<Hint, Side>> = { turn_left: "left", turn_right: "right" };

/**
 * The film goes on in its own time until a turn is asked for; then a turn to that side is played, and backwards to where it
 * began. A film without one goes on. While it is asked to look at the camera, or to turn once more than it did, its longest
 * frontal stretch is played.
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

function* played({ frames, from, turns, frontal, draw }: Cut, lastHint: () => Hint | null): Generator<Uint8Array> {
  const ownTime = toAndFro(from, [0, frames.length - 1]);
  const rest = toAndFro(frontal[0], frontal);
  let piece: readonly number[] = [];
  for (let asked = 0, before: Hint | null = null; ; ) {
    const said = lastHint();
    const turn = said === before ? undefined : chosen(turns, said ? SIDES[said] : undefined, draw + asked);
    if (turn) [piece, asked] = [thereAndBack(turn), asked + 1];
    before = said;
    const [next, ...then] = piece;
    piece = then;
    yield frames[next ?? (asked > 0 && isForTheCamera(said) ? rest : ownTime).next().value] as Uint8Array;
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

/** Whoever is asked needs HELD_FRAMES to hear it; where the film is not frontal for so long before, those frames are repeated. */
function thereAndBack({ heldFrom, from, to }: Turn): readonly number[] {
  const before = toAndFro(from, [heldFrom, from]);
  const held = Array.from({ length: HELD_FRAMES + 1 }, () => before.next().value).reverse();
  const there = Array.from({ length: to - from }, (_, i) => from + 1 + i);
  return [...held, ...there, ...there.map((at) => at - 1).reverse()];
}

/** Frames from one on, backwards at the end and forwards again: no jump, and nobody new. */
export function* toAndFro(from: number, [first, last]: readonly [number, number]): Generator<number, never> {
  for (let at = from, step = 1; ; ) {
    yield at;
    if (at + step < first || at + step > last) step = -step;
    at = Math.min(last, Math.max(first, at + step));
  }
}
