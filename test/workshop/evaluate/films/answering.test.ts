import t from "tap";
import type { Hint } from "../../../../protocol/messages/contract.ts";
import { answering } from "../../../../workshop/evaluate/films/answering.ts";

/** A film whose frames are their own numbers. */
const frames = Array.from({ length: 40 }, (_, i) => Uint8Array.of(i));
const turns = [
  { side: "left", heldFrom: 10, from: 12, to: 14, degrees: 20 },
  { side: "left", heldFrom: 20, from: 21, to: 22, degrees: 20 },
] as const;

/** What is seen while this is said, frame by frame. */
const seen = (said: readonly (Hint | null)[], draw = 0): readonly number[] => {
  const film = answering({ frames, turns, frontal: [30, 32], from: 37, draw });
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

t.test("who is asked turns and comes back, and stays until nothing more is asked", async (t) => {
  const said = [...times(4, "turn_left"), ...times(5, "look_at_the_camera"), ...times(2, null)] as const;
  t.same(seen(said), [37, 10, 11, 12, 13, 14, 13, 12, 30, 31, 38, 39]);
});

t.test("a turn that was begun is made, whatever else is said; one that is asked for again is made again", async (t) => {
  t.same(seen(["turn_left", "hold_still", "hold_still"]), [37, 10, 11, 12]);
  const again = [...times(7, "turn_left"), ...times(2, "look_at_the_camera"), ...times(3, "turn_left")] as const;
  t.same(seen(again), [37, 10, 11, 12, 13, 14, 13, 12, 30, 31, 10, 11, 12]);
});

t.test("the turn after the longest frontal stretch is played; of equals each in its time", async (t) => {
  t.same(seen(times(1, "turn_left"), 1), [37, 10]);
});

t.test("a film without a turn to that side goes on", async (t) => {
  t.same(seen(times(3, "turn_right")), [37, 38, 39, 38]);
});
