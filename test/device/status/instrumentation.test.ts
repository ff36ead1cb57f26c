import t from "tap";
import { openInstrumentation } from "../../../device/status/instrumentation.ts";
import type { FrameSink } from "../../../drivers/camera/camera.ts";
import { DriverError } from "../../../drivers/errors.ts";
import { syntheticCamera, syntheticInference } from "../../support/synthetic.ts";

t.test("a frame is wanted while the camera is open, and only then", async (t) => {
  let nowMs = 1_000;
  let sink: FrameSink | undefined;
  const instrumentation = openInstrumentation(() => nowMs);
  const quiet = syntheticCamera(1_000_000);
  const camera = instrumentation.camera({
    ...quiet,
    open(given) {
      sink = given;
      return quiet.open(given);
    },
  });
  const frame = { format: "MJPG", width: 1, height: 1, strideBytes: 0, data: new Uint8Array(1), sequence: 0 } as const;
  const waits = () => instrumentation.metrics().frameWaitSeconds;
  nowMs += 5_000;
  t.equal(waits(), 0, "nobody looks");
  const capture = await camera.open({ frame: () => undefined, failed: () => undefined });
  nowMs += 2_000;
  t.equal(waits(), 2);
  sink?.frame({ ...frame, takenAtMs: nowMs, giveBack: () => undefined });
  nowMs += 500;
  t.match(instrumentation.metrics(), { framesTotal: 1, frameWaitSeconds: 0.5, frameAgeSeconds: 0.5 });
  await capture[Symbol.asyncDispose]();
  nowMs += 3_000;
  t.match(instrumentation.metrics(), { frameWaitSeconds: 0, frameAgeSeconds: 3.5 });
  const again = await camera.open({ frame: () => undefined, failed: () => undefined });
  sink?.failed(new DriverError("gone", "unplugged"));
  nowMs += 9_000;
  t.equal(waits(), 0, "a camera that has failed is not waited for");
  await again[Symbol.asyncDispose]();
  await t.rejects(
    instrumentation
      .camera({ ...quiet, open: async () => Promise.reject(new DriverError("busy", "")) })
      .open({ frame: () => undefined, failed: () => undefined }),
  );
  t.equal(waits(), 0, "nor is one that could not be opened");
});

t.test("an answer is owed from the question on, whatever becomes of it", async (t) => {
  let nowMs = 0;
  const instrumentation = openInstrumentation(() => nowMs);
  let settle: (works: boolean) => void = () => undefined;
  const asked = () =>
    new Promise<never>((resolve, reject) => {
      settle = (works) => (works ? resolve({ kind: "enrolled" } as never) : reject(new Error("no")));
    });
  const inference = instrumentation.inference({ ...syntheticInference(), enrol: asked, look: asked });
  const first = inference.enrol(new Uint8Array(1));
  nowMs += 4_000;
  t.match(instrumentation.metrics(), { inferenceWaitSeconds: 4, verificationsTotal: 1 });
  settle(true);
  await first;
  nowMs += 1_000;
  t.match(instrumentation.metrics(), { inferenceWaitSeconds: 0, inferenceAgeSeconds: 1, inferenceSeconds: 4 });
  const second = inference.look({ format: "MJPG", width: 1, height: 1, strideBytes: 0, data: new Uint8Array(1) });
  settle(false);
  await t.rejects(second);
  instrumentation.refused();
  t.match(instrumentation.metrics(), { inferenceWaitSeconds: 0, refusalsTotal: 1 });
});
