import { readdirSync } from "node:fs";
import t, { type Test } from "tap";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { loadAddon } from "../../drivers/addon.ts";
import { V4L2_DEFAULTS, v4l2Camera } from "../../drivers/camera/v4l2-camera.ts";
import type { Pattern } from "../../drivers/light/light.ts";
import { media } from "../support/media.ts";
import { askWith, darkLight, decided, setTestStage } from "../support/stage.ts";
import { until } from "../support/until.ts";
import { enterFakeKernel, type FakeMode } from "./kernel.ts";

/** Whole devices whose camera lives in the fake kernel: test/story/camera-faults.test.ts starts this. */
const kernel = enterFakeKernel();
const reference = await chipPhoto(media.path("franck_02221.jpg"));

async function deviceAtFakeKernel(t: Test) {
  const shown: Pattern[] = [];
  const camera = v4l2Camera(loadAddon(), { ...V4L2_DEFAULTS, silentAfterMs: 800 }, kernel.places);
  const light = { ...darkLight, show: (pattern: Pattern) => void shown.push(pattern) };
  const stage = await setTestStage(t, { camera: "v4l2:auto", own: { camera, light } });
  return { ...stage, showing: () => shown.at(-1)?.meaning };
}

/** Waits up to a minute: a device takes some seconds to look for its camera again. */
const eventually = (seen: () => boolean) => until(seen, 60_000);

const FAULTS: readonly { readonly mode: FakeMode; readonly detail: RegExp }[] = [
  { mode: "stall", detail: /sent no picture/ },
  { mode: "unplug", detail: /unplugged/ },
  { mode: "error", detail: /only damaged pictures/ },
  { mode: "short", detail: /damaged or cut short/ },
];

t.test("what happens to a camera while somebody is looked at", async (t) => {
  kernel.set("play");
  const { carrier, showing } = await deviceAtFakeKernel(t);
  const other = await chipPhoto(media.path("cage.jpg"));
  t.equal(decided((await carrier.verify(askWith(reference))).claims), "match", "it works to begin with");
  const descriptors = readdirSync("/proc/self/fd").length;
  for (const { mode, detail } of FAULTS) {
    await t.test(mode, async (t) => {
      const { claims } = await carrier.verify(askWith(other), ({ stage }) => {
        if (stage === "looking") kernel.set(mode);
      });
      t.match(claims, { decision: "inconclusive", reason: "camera_lost", detail });
      t.ok(
        await eventually(() => showing() === "device needs attention"),
        "the light says that the device is at fault",
      );
      kernel.set("play", mode === "unplug" ? 5 : 0);
      if (mode === "unplug") t.ok(await eventually(() => showing() === "ready"), "it notices that the camera is back");
      t.equal(decided((await carrier.verify(askWith(reference))).claims), "match", "the next verification works");
      t.ok(await eventually(() => showing() === "ready"), "and the light is ready again");
      const { opened, closed, mapped, unmapped } = kernel.counts();
      t.same([closed, unmapped], [opened, mapped], "no buffer is left");
      t.equal(readdirSync("/proc/self/fd").length, descriptors, "no descriptor is left");
    });
  }
});

t.test("a camera that is held by another program is named, and works once it is free", async (t) => {
  kernel.set("busy", 0);
  const { carrier } = await deviceAtFakeKernel(t);
  const { claims } = await carrier.verify(askWith(reference));
  t.match(claims, { reason: "camera_lost", detail: /another program holds it/ });
  kernel.set("play");
  t.equal(decided((await carrier.verify(askWith(reference))).claims), "match");
});

t.test("without a camera the service runs, says what is missing, and comes up when it appears", async (t) => {
  kernel.set("unplug");
  const { carrier, showing, device } = await deviceAtFakeKernel(t);
  t.ok(device.identity, "it runs");
  t.ok(await eventually(() => showing() === "device needs attention"), "the light says so");
  const { claims } = await carrier.verify(askWith(reference));
  t.match(claims, { reason: "camera_lost", detail: /no camera was found/ });
  kernel.set("play", 2);
  t.ok(await eventually(() => showing() === "ready"), "the light is ready");
  t.equal(decided((await carrier.verify(askWith(reference))).claims), "match");
});
