import { setTimeout as sleep } from "node:timers/promises";
import type { Camera, Frame, FrameSink } from "../../drivers/camera/camera.ts";
import type { DriverError } from "../../drivers/errors.ts";
import { decodeFrame } from "../../drivers/image/pixels.ts";
import { monotonicMs } from "../../drivers/monotonic.ts";
import { until } from "../support/until.ts";
import type { Suite } from "./suite.ts";

/** What a camera of any kind is held to; the promises stand in drivers/camera/camera.ts. */
export async function holdCamera(t: Suite, make: () => Camera): Promise<void> {
  t.test("frames come in order, taken after the opening, and can be decoded", async (t) => {
    const openedMs = monotonicMs();
    const frames = await collect(make(), 5);
    t.equal(frames[0]?.sequence, 0);
    for (const [i, frame] of frames.entries()) {
      t.ok(frame.takenAtMs >= (frames[i - 1]?.takenAtMs ?? openedMs), "time does not go back");
      t.ok(i === 0 || frame.sequence > (frames[i - 1]?.sequence ?? -1), "nor does the sequence");
      const { width, height, data } = decodeFrame(frame);
      t.same([width, height, data.length], [frame.width, frame.height, frame.width * frame.height * 3]);
    }
    for (const frame of frames) frame.giveBack();
  });

  t.test("a frame given back is overwritten, and counted", async (t) => {
    const frames: Frame[] = [];
    const capture = await make().open(sink({ frame: (frame) => frames.push(frame) }));
    t.ok(await until(() => frames.length >= 3), "frames come");
    for (const frame of frames) frame.giveBack();
    await capture[Symbol.asyncDispose]();
    t.ok(frames[0]?.data.every((byte) => byte === 0));
    for (const frame of frames.slice(capture.counts().givenBack)) frame.giveBack();
    t.same(capture.counts().taken, frames.length);
    t.same(capture.counts().givenBack, frames.length);
  });

  t.test("it does not wait for its reader", async (t) => {
    let seen = 0;
    await using _capture = await make().open(sink({ frame: () => seen++ }));
    const late = Date.now() + 5_000;
    while (seen < 4 && Date.now() < late) await sleep(5);
    t.ok(seen >= 4, "frames come though none is given back");
  });

  t.test("after it was closed nothing comes any more, and it can be opened again", async (t) => {
    const camera = make();
    for (let opening = 0; opening < 2; opening++) {
      let seen = 0;
      const capture = await camera.open(sink({ frame: () => seen++ }));
      t.ok(await until(() => seen >= 2), "frames come");
      await capture[Symbol.asyncDispose]();
      const then = seen;
      await sleep(150);
      t.equal(seen, then, `opening ${opening + 1}`);
    }
  });

  t.test("while it is open it cannot be opened a second time", async (t) => {
    const camera = make();
    await using _capture = await camera.open(sink({}));
    await t.rejects(camera.open(sink({})), { name: "DriverError", code: "busy" });
  });
}

/** The first frames of a camera; they belong to the caller. */
export async function collect(camera: Camera, count: number): Promise<readonly Frame[]> {
  const frames: Frame[] = [];
  const failed: DriverError[] = [];
  await using _capture = await camera.open(
    sink({
      frame: (frame) => (frames.length < count ? frames.push(frame) : frame.giveBack()),
      failed: (e) => failed.push(e),
    }),
  );
  while (frames.length < count && failed.length === 0) await sleep(5);
  return frames;
}

/** A sink that gives back what it is not asked to keep. */
export function sink(
  parts: { readonly [K in keyof FrameSink]?: (...args: Parameters<FrameSink[K]>) => unknown },
): FrameSink {
  return {
    frame: (frame) => void (parts.frame ? parts.frame(frame) : frame.giveBack()),
    failed: (error) => void parts.failed?.(error),
  };
}
