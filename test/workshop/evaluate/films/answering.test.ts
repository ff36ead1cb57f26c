import t from "tap";
import type { Hint } from "../../../../protocol/messages/contract.ts";
import { answering } from "../../../../workshop/evaluate/films/answering.ts";
import type { Turn } from "../../../../workshop/evaluate/films/turns.ts";

/** A film whose frames are their own numbers. */
const frames = Array.from({ length: 40 }, (_, i) => Uint8Array.of(i));
const turns = [
  { side: "left", heldFrom: 7, from: 12, to: 14, degrees: 20 },
  { side: "left", heldFrom: 20, from: 21, to: 22, degrees: 20 },
  { side: "right", heldFrom: 24, from: 25, to: 26, degrees: 20 },
] as const;

/** What is seen while this is said, frame by frame. */
const seen = (said: readonly (Hint | null)[], draw = 0, cut: readonly Turn[] = turns): readonly number[] => {
  const film = answering({ frames, turns: cut, from: 37, draw });
  const numbers: number[] = [];
  for (const [at] of film.frames) {
    numbers.push(at ?? -1);
    const next = said[numbers.length - 1];
    if (next === undefined) break;
    film.hear(next);
  }
  return numbers;
};
const times = (count: number, hint: Hint | null) => Array.from({ length: count }, () => hint);

t.test("a film goes on in its own time, to and fro, until a turn is asked for", async (t) => {
  t.same(seen(times(5, null)), [37, 38, 39, 38, 37, 36]);
  t.same(seen(times(2, "look_at_the_camera")), [37, 38, 39], "also where it is turned by itself");
});

const THERE_AND_BACK = [7, 8, 9, 10, 11, 12, 13, 14, 13, 14, 13, 12];

t.test("who is asked hears it, turns and comes back, stays, and the film goes on from there", async (t) => {
  const said = [...times(7, "turn_left"), ...times(7, "look_at_the_camera"), ...times(2, null)] as const;
  t.same(seen(said), [37, ...THERE_AND_BACK, 12, 11, 12, 13]);
});

t.test("a turn that was begun is made, whatever else is said; one that is asked for again is made again", async (t) => {
  t.same(seen(["turn_left", "hold_still", "hold_still"]), [37, 7, 8, 9]);
  const again = [...times(12, "turn_left"), ...times(2, "look_at_the_camera"), ...times(3, "turn_left")] as const;
  t.same(seen(again), [37, ...THERE_AND_BACK, 12, 11, 7, 8, 9]);
});

t.test("the turn after the longest frontal stretch is played; where it is short, it is repeated", async (t) => {
  t.same(seen(times(1, "turn_left"), 1), [37, 7]);
  t.same(seen(times(8, "turn_right")), [37, 24, 25, 24, 25, 24, 25, 26, 25]);
});

t.test("a film without a turn to that side goes on", async (t) => {
  t.same(seen(times(3, "turn_right"), 0, turns.slice(0, 2)), [37, 38, 39, 38]);
});
