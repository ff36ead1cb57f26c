import { setTimeout as sleep } from "node:timers/promises";
import { latestFrame } from "../../device/verification/latest-frame.ts";
import { loadAddon } from "../../drivers/addon.ts";
import { V4L2_DEFAULTS, v4l2Camera } from "../../drivers/camera/v4l2-camera.ts";
import { enterFakeKernel } from "./kernel.ts";

/**
 * Streams from the fake kernel for as many seconds as its argument says, the newest frame winning as in a verification,
 * and prints one line of JSON. Runs in a process that lives in the fake kernel.
 */
const seconds = Number(process.argv[2] ?? 20);
const kernel = enterFakeKernel();
kernel.set("play");
const newest = latestFrame(0);
let failure: string | undefined;
const capture = await v4l2Camera(loadAddon(), V4L2_DEFAULTS, kernel.places).open({
  frame: (frame) => newest.put(frame),
  failed(error) {
    failure = error.message;
  },
});

let looked = 0;
const looking = (async () => {
  for (let frame = await newest.take(); frame; frame = await newest.take()) {
    looked++;
    await sleep(20);
    frame.giveBack();
  }
})();

/** What the heap has grown to before the first collection says nothing: it is measured after it. */
const residentMb = () => {
  globalThis.gc?.();
  return process.memoryUsage().rss / 1e6;
};
await sleep(3_000);
const beforeMb = residentMb();
await sleep(seconds * 1_000);
const afterMb = residentMb();
newest.close();
await looking;
await capture[Symbol.asyncDispose]();
const { opened, closed, mapped, unmapped } = kernel.counts();
const line = { seconds, looked, ...capture.counts(), beforeMb, afterMb, opened, closed, mapped, unmapped, failure };
process.stdout.write(`${JSON.stringify(line)}\n`);
