import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { Inference } from "../../../device/inference/inference.ts";
import { systemClock } from "../../../device/process/clock.ts";
import { startVerification } from "../../../device/verification/verification.ts";
import type { Camera, Frame } from "../../../drivers/camera/camera.ts";
import { DriverError } from "../../../drivers/errors.ts";
import { monotonicMs } from "../../../drivers/monotonic.ts";
import { scored } from "../../support/scores.ts";

/** A camera that gives one frame and is lost while that frame is being looked at. */
const lostAtOnce = (giveBack: () => void = () => undefined): Camera => ({
  name: "lost at once",
  check: async () => undefined,
  async open(sink) {
    const frame: Frame = {
      format: "MJPG",
      width: 1,
      height: 1,
      strideBytes: 0,
      data: new Uint8Array(1),
      sequence: 0,
      takenAtMs: monotonicMs(),
      giveBack,
    };
    setTimeout(() => sink.frame(frame), 5);
    setTimeout(() => sink.failed(new DriverError("gone", "unplugged")), 25);
    const counts = { taken: 1, givenBack: 1, lost: 0, dropped: 0, damaged: 0 };
    return { about: "lost at once", counts: () => counts, [Symbol.asyncDispose]: async () => undefined };
  },
});

/** Networks that are still looking when the camera is lost. */
const slow: Inference = {
  pack: { id: "slow", version: "0.0.0", hash: "", thresholds: [], bonaFideAtLeast: 0.5, attackBelow: 0.1 },
  enrol: async () => ({ kind: "enrolled" }),
  async look() {
    await sleep(60);
    return scored(0.9);
  },
  sight: async () => ({ kind: "damaged", detail: "" }),
  forget: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

t.test(
  "a look that ends after the camera was lost does not say that the camera sees, and its frame went back before",
  async (t) => {
    const told: string[] = [];
    const plan = {
      photo: new Uint8Array(1),
      rules: { threshold: 0.5, bonaFideAtLeast: 0.5, attackBelow: 0.1 },
      timeoutMs: 5_000,
    };
    const verification = startVerification(
      plan,
      { camera: lostAtOnce(() => told.push("given back")), inference: slow, clock: systemClock },
      { changed: () => undefined, fault: () => told.push("fault"), seeing: () => told.push("seeing") },
    );
    t.match(await verification.verdict, { decision: "inconclusive", reason: "camera_lost" });
    await verification.done;
    t.same(told, ["given back", "fault"]);
  },
);

t.test("who cancels before the reference is a template never opens the camera", async (t) => {
  let opened = 0;
  const open: Camera["open"] = (sink) => {
    opened++;
    return lostAtOnce().open(sink);
  };
  const camera: Camera = { ...lostAtOnce(), open };
  const enrolling: Inference = { ...slow, enrol: () => sleep(40, { kind: "enrolled" }) };
  const plan = {
    photo: new Uint8Array(1),
    rules: { threshold: 0.5, bonaFideAtLeast: 0.5, attackBelow: 0.1 },
    timeoutMs: 5_000,
  };
  const events = { changed: () => undefined, fault: () => undefined, seeing: () => undefined };
  const begin = () => startVerification(plan, { camera, inference: enrolling, clock: systemClock }, events);
  const cancelled = begin();
  cancelled.stop("cancelled");
  t.match(await cancelled.verdict, { reason: "cancelled" });
  await cancelled.done;
  t.equal(opened, 0);
  await begin().done;
  t.equal(opened, 1, "left alone it is opened");
});
