import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { loadAddon } from "../../../drivers/addon.ts";
import { V4L2_DEFAULTS, v4l2Camera } from "../../../drivers/camera/v4l2-camera.ts";
import { sink } from "../../contract/camera.ts";
import type { Suite } from "../../contract/suite.ts";
import { CHIP, readColour } from "./lamps.ts";
import { heard, openShop, type Shop } from "./shop.ts";
import { boardSuite, tell } from "./suite.ts";
import { openVivid, playFilm, type Vivid } from "./vivid.ts";

const run = promisify(execFile);

/** Streams for a while with a fault on, and counts. */
async function stream(vivid: Vivid, during: (vivid: Vivid) => Promise<void>) {
  const camera = v4l2Camera(loadAddon(), {
    ...V4L2_DEFAULTS,
    format: { ...V4L2_DEFAULTS.format, width: 720, height: 576 },
  });
  let failure: string | undefined;
  const capture = await camera.open(sink({ failed: (error) => (failure = error.message) }));
  await during(vivid);
  await capture[Symbol.asyncDispose]();
  tell({ kind: "counts", ...capture.counts(), failure });
  return { ...capture.counts(), failure };
}

async function survives(t: Suite, vivid: Vivid): Promise<void> {
  await t.test("dropped buffers: lost frames are counted, the others come", async (t) => {
    vivid.set("percentage_of_dropped_buffers", 50);
    const { taken, givenBack, lost, failure } = await stream(vivid, () => sleep(3_000));
    vivid.set("percentage_of_dropped_buffers", 0);
    t.ok(lost > 0 && taken > 0, `${lost} lost, ${taken} taken`);
    t.same([givenBack, failure], [taken, undefined], "all given back, no failure");
  });
  await t.test("flagged buffers are counted and never handed out", async (t) => {
    const { taken, givenBack, damaged, failure } = await stream(vivid, async () => {
      // The flag goes to whichever queue is next, the film's player's too.
      for (let i = 0; i < 100; i++) {
        vivid.set("inject_v4l2_buf_flag_error", 1);
        await sleep(30);
      }
    });
    t.ok(damaged > 0 && taken > 0, `${damaged} damaged, ${taken} taken`);
    t.same([givenBack, failure], [taken, undefined], "all given back, no failure");
  });
}

interface SessionFault {
  readonly name: string;
  readonly control: string;
  /** Once before the camera is opened; once while it looks; or again and again while it looks, for it hits any queue. */
  readonly when: "before" | "looking" | "repeatedly";
  readonly event: string;
  /** The camera is there again as soon as the session has let go of it: the light has nothing to show. */
  readonly over?: boolean;
}

const SESSION_FAULTS: readonly SessionFault[] = [
  { name: "buffers refused", control: "inject_vidioc_reqbufs_error", when: "before", event: "camera_unsupported" },
  { name: "queueing refused", control: "inject_vidioc_qbuf_error", when: "repeatedly", event: "camera_unsupported" },
  {
    name: "the stream refused to start",
    control: "inject_vidioc_streamon_error",
    when: "before",
    event: "camera_unsupported",
  },
  { name: "unplugged and plugged in again", control: "disconnect", when: "looking", event: "camera_gone", over: true },
  {
    name: "a fatal error while it looks",
    control: "inject_fatal_streaming_error",
    when: "looking",
    event: "camera_failed",
  },
];

async function fails(
  t: Suite,
  vivid: Vivid,
  shop: Shop,
  { name, control, when, event, over }: SessionFault,
): Promise<void> {
  await t.test(name, async (t) => {
    const before = await shop.descriptors();
    let pressing: NodeJS.Timeout | undefined;
    const press = () => vivid.set(control, 1);
    if (when === "before") press();
    const ending = await shop.verify("right.jpg", ({ stage }) => {
      if (stage === "looking" && when === "looking") press();
      if (stage === "looking" && when === "repeatedly") pressing = setInterval(press, 30);
      if (stage === "ended") clearInterval(pressing);
    });
    clearInterval(pressing);
    t.equal(ending, "inconclusive/camera_lost", "the session ends");
    t.ok(shop.log().includes(`"event":"${event}"`), `the log says ${event}`);
    if (!over) t.ok(await shows(() => readColour() === "red"), "the light is red once the person was answered");
    t.ok((await shop.descriptors()) <= before, "no descriptor is left");
    t.equal(await shop.verify("right.jpg"), "match", "the next verification works");
  });
}

/** Waits for something that a blinking light shows now and then. */
async function shows(seen: () => boolean): Promise<boolean> {
  for (const late = Date.now() + 15_000; Date.now() < late; await sleep(30)) if (seen()) return true;
  return false;
}

async function loadVivid(): Promise<void> {
  const module = (await readdir("/modules")).find((name) => name.includes("vivid"));
  const options = "n_devs=1 node_types=0x101 num_inputs=1 input_types=0x2 num_outputs=1 output_types=0x0";
  await run("/bin/insmod", [`/modules/${module}`, ...options.split(" ")]);
}

const t = boardSuite();
await using shop = await openShop({ MATCHLIGHT_LIGHT: `gpiochip:${CHIP}?red=0&green=1&blue=2` });
{
  const vivid = openVivid();
  await using _film = await playFilm(vivid);
  await survives(t, vivid);
  for (const fault of SESSION_FAULTS) await fails(t, vivid, shop, fault);
}
await t.test("taken away, and brought back", async (t) => {
  await run("/bin/rmmod", ["vivid"]);
  await heard(shop.log, `"event":"camera_gone","reason"`);
  t.ok(await shows(() => readColour() === "red"), "the light is red");
  await loadVivid();
  await heard(shop.log, `"event":"camera_back"`);
  await using _film = await playFilm(openVivid());
  t.ok(await shows(() => readColour() === "green"), "the light is green again");
  t.equal(await shop.verify("right.jpg"), "match", "the next verification works");
});
await shop[Symbol.asyncDispose]();
process.exit(t.failures() === 0 ? 0 : 1);
