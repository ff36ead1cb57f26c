import t from "tap";
import { latestFrame } from "../../../device/verification/latest-frame.ts";
import type { Frame } from "../../../drivers/camera/camera.ts";

function film() {
  const givenBack: number[] = [];
  const frame = (sequence: number, takenAtMs = sequence): Frame => ({
    format: "MJPG",
    width: 1,
    height: 1,
    strideBytes: 0,
    data: new Uint8Array(1),
    sequence,
    takenAtMs,
    giveBack: () => void givenBack.push(sequence),
  });
  return { frame, givenBack };
}

t.test("the newest frame wins; the others are given back", async (t) => {
  const { frame, givenBack } = film();
  const newest = latestFrame(0);
  for (const sequence of [1, 2, 3]) newest.put(frame(sequence));
  t.equal((await newest.take())?.sequence, 3);
  t.same(givenBack, [1, 2]);
});

t.test("a taker waits for the next frame", async (t) => {
  const { frame } = film();
  const newest = latestFrame(0);
  const taken = newest.take();
  newest.put(frame(7));
  t.equal((await taken)?.sequence, 7);
});

t.test("frames from before the session do not count", async (t) => {
  const { frame, givenBack } = film();
  const newest = latestFrame(100);
  newest.put(frame(1, 99.9));
  newest.put(frame(2, 100));
  t.equal((await newest.take())?.sequence, 2);
  t.same(givenBack, [1]);
});

t.test("closing ends the wait, and gives back what waits and what still comes", async (t) => {
  const { frame, givenBack } = film();
  const waited = latestFrame(0);
  const taken = waited.take();
  waited.close();
  t.equal(await taken, undefined);
  const full = latestFrame(0);
  full.put(frame(1));
  full.close();
  full.put(frame(2));
  t.same(givenBack, [1, 2]);
  t.equal(await full.take(), undefined);
});
