import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { loadAddon } from "../../drivers/addon.ts";
import type { Camera, Capture, Frame } from "../../drivers/camera/camera.ts";
import { V4L2_DEFAULTS, v4l2Camera } from "../../drivers/camera/v4l2-camera.ts";
import type { DriverError } from "../../drivers/errors.ts";
import { monotonicMs } from "../../drivers/monotonic.ts";
import { collect, holdCamera, sink } from "../contract/camera.ts";
import { tapSuite } from "../contract/suite.ts";
import { until } from "../support/until.ts";
import { enterFakeKernel } from "./kernel.ts";

/** Runs in a process that lives in the fake kernel: test/drivers/camera/v4l2-camera.test.ts starts it. */
const kernel = enterFakeKernel();
const make = (silentAfterMs = V4L2_DEFAULTS.silentAfterMs) =>
  v4l2Camera(loadAddon(), { ...V4L2_DEFAULTS, silentAfterMs }, kernel.places);
/** A camera that is called silent soon, for those tests in which it is. */
const makeImpatient = () => make(400);

/** Opens a camera, lets it run, and tells how its capture ended. */
async function untilFailed(camera: Camera, during: () => void = () => undefined) {
  const failures: DriverError[] = [];
  const frames: Frame[] = [];
  const capture: Capture = await camera.open(
    sink({
      frame: (frame) => {
        frames.push(frame);
        frame.giveBack();
      },
      failed: (error) => failures.push(error),
    }),
  );
  const late = Date.now() + 5_000;
  while (frames.length < 2 && failures.length === 0 && Date.now() < late) await sleep(5);
  during();
  while (failures.length === 0 && Date.now() < late) await sleep(5);
  await capture[Symbol.asyncDispose]();
  return { error: failures[0], failures: failures.length, counts: capture.counts() };
}

function holdsNothing(t: { same(a: unknown, b: unknown, name: string): boolean }): void {
  const { opened, closed, mapped, unmapped } = kernel.counts();
  t.same([closed, unmapped], [opened, mapped], "no descriptor and no buffer is left");
}

t.test("the contract", async (t) => {
  kernel.set("play");
  await holdCamera(tapSuite(t), make);
  holdsNothing(t);
});

t.test("it says what was agreed on, and frames carry the kernel's time", async (t) => {
  kernel.set("play");
  const before = monotonicMs();
  const frames: Frame[] = [];
  const capture = await make().open(sink({ frame: (frame) => frames.push(frame) }));
  t.match(capture.about, /video0 MJPG 360×288$/);
  t.ok(await until(() => frames.length >= 2), "frames come");
  await capture[Symbol.asyncDispose]();
  for (const { takenAtMs, strideBytes } of frames) {
    t.ok(takenAtMs > before && takenAtMs <= monotonicMs());
    t.equal(strideBytes, 0);
  }
});

t.test("gaps in the camera's numbers are counted as lost, frames nobody had room for as dropped", async (t) => {
  kernel.set("gap");
  const frames: Frame[] = [];
  const capture = await make().open(sink({ frame: (frame) => frames.push(frame) }));
  t.ok(await until(() => frames.length >= 8), "frames come");
  await sleep(1_000);
  const { lost, dropped, taken } = capture.counts();
  for (const frame of frames) frame.giveBack();
  t.ok(await until(() => frames.length >= 9), "more come when some are given back");
  const later = capture.counts();
  await capture[Symbol.asyncDispose]();
  const arrived = later.taken + later.dropped;
  t.ok(later.lost <= 2 * (arrived - 1) + 3, `${later.lost} lost beside ${arrived} arrived: none is counted twice`);
  t.equal(taken, 8, "no more than eight are handed out at a time");
  t.ok(dropped >= 1, `${dropped} dropped`);
  t.ok(lost >= 14, `${lost} lost`);
  for (const frame of frames.slice(8)) frame.giveBack();
});

t.test("unplugged while it delivers: gone, told once, and it comes back under another node", async (t) => {
  kernel.set("play");
  const camera = make();
  const { error, failures } = await untilFailed(camera, () => kernel.set("unplug"));
  t.match(error, { code: "gone", errno: "ENODEV", message: /plug it in again/ });
  t.equal(failures, 1);
  await t.rejects(camera.check(), { code: "gone", message: /Fake Webcam is not plugged in any more/ });
  await t.rejects(camera.open(sink({})), { code: "gone" });
  kernel.set("play", 3);
  await camera.check();
  const since = monotonicMs();
  const frames = await collect(camera, 3);
  t.ok(
    frames.every(({ takenAtMs }) => takenAtMs >= since),
    "no frame from before",
  );
  for (const frame of frames) frame.giveBack();
  holdsNothing(t);
});

t.test("a camera that falls silent is noticed", async (t) => {
  kernel.set("play", 0);
  const { error } = await untilFailed(makeImpatient(), () => kernel.set("stall"));
  t.match(error, { code: "silent", message: /no picture for 400 ms: unplug it/ });
  holdsNothing(t);
});

for (const mode of ["error", "empty"] as const) {
  t.test(`frames that are ${mode === "error" ? "flagged as wrong" : "empty"} are never handed out`, async (t) => {
    kernel.set(mode);
    const { error, counts } = await untilFailed(makeImpatient());
    t.match(error, { code: "damaged", message: /only damaged pictures/ });
    t.equal(counts.taken, 0);
    t.ok(counts.damaged > 2, `${counts.damaged} counted`);
    holdsNothing(t);
  });
}

t.test("a camera held by another program says so, and can be opened later", async (t) => {
  kernel.set("busy");
  const camera = make();
  await t.rejects(camera.open(sink({})), { code: "busy", errno: "EBUSY", syscall: "VIDIOC_S_FMT" });
  holdsNothing(t);
  kernel.set("play");
  for (const frame of await collect(camera, 1)) frame.giveBack();
});

t.test("with no camera at all it says what to do", async (t) => {
  kernel.set("unplug");
  await t.rejects(make().check(), { code: "gone", message: /no camera was found .* plug one in/ });
});

t.test("a hundred openings leave nothing behind", async (t) => {
  kernel.set("play");
  const camera = make();
  for (const frame of await collect(camera, 1)) frame.giveBack();
  const before = readdirSync("/proc/self/fd").length;
  for (let i = 0; i < 100; i++) await (await camera.open(sink({})))[Symbol.asyncDispose]();
  t.equal(readdirSync("/proc/self/fd").length, before, "descriptors");
  holdsNothing(t);
});
