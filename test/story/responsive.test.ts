import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { RESULT_SHOWN_MS } from "../../device/status/light-patterns.ts";
import { type Colour, type Pattern, playOn } from "../../drivers/light/light.ts";
import { media } from "../support/media.ts";
import { askWith, setTestStage } from "../support/stage.ts";

interface Change {
  readonly atMs: number;
  readonly colour: Colour | "dark";
  readonly meaning: string;
}

/** A device whose camera plays a film, and every change of its light with its time. */
async function watched(t: Test, film: string) {
  const changes: Change[] = [];
  const lamp = {
    set: (colour: Colour | "dark", { meaning }: Pattern) =>
      void changes.push({ atMs: performance.now(), colour, meaning }),
  };
  const light = playOn("recorded", lamp, async () => undefined);
  t.teardown(() => light[Symbol.asyncDispose]());
  const { carrier } = await setTestStage(t, { camera: `film:${media.path(film)}`, own: { light } });
  return { carrier, changes };
}

const reference = await chipPhoto(media.path("franck_02221.jpg"));

t.test("the event loop is never blocked for more than 250 ms while sessions run", async (t) => {
  const { carrier } = await watched(t, "franck.mp4");
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await carrier.verify(askWith(reference));
  await carrier.verify(askWith(await chipPhoto(media.path("cage.jpg"))));
  delay.disable();
  t.comment(
    `longest block ${(delay.max / 1e6).toFixed(0)} ms, 99th percentile ${(delay.percentile(99) / 1e6).toFixed(0)} ms`,
  );
  t.ok(delay.max / 1e6 <= 250);
});

t.test("the light keeps its rhythm while faces are compared", async (t) => {
  const { carrier, changes } = await watched(t, "nobody.mjpeg");
  await carrier.verify(askWith(reference, 4_000));
  const hints = changes.filter(({ meaning }) => meaning === "please follow the hint");
  const gaps = hints.slice(1).map(({ atMs }, i) => atMs - (hints[i]?.atMs ?? 0));
  const late = gaps.map((gap, i) => Math.abs(gap - (hints[i]?.colour === "dark" ? 400 : 800)));
  t.ok(gaps.length >= 3, `${gaps.length} beats seen`);
  t.comment(`the latest beat came ${Math.max(...late).toFixed(0)} ms off its time`);
  t.ok(Math.max(...late) < 100);
});

t.test("a cancelled session ends within one frame, and the light is ready again", async (t) => {
  const { carrier, changes } = await watched(t, "nobody.mjpeg");
  const prepared = await carrier.prepare(askWith(reference, 20_000));
  const running = carrier.send(prepared);
  await sleep(1_000);
  const cancelledMs = performance.now();
  await carrier.cancel(prepared.jti, "cancelled");
  const { claims } = await running;
  const tookMs = performance.now() - cancelledMs;
  t.match(claims, { decision: "inconclusive", reason: "cancelled" });
  t.comment(`the report came ${tookMs.toFixed(0)} ms after the cancel was sent`);
  t.ok(tookMs < 400, "the way there and back, a signature and a synced write included");
  t.equal(changes.at(-1)?.meaning, "ready");
});

t.test("somebody who declines is not marked: the light asks to see staff, as for everybody else", async (t) => {
  const { carrier, changes } = await watched(t, "nobody.mjpeg");
  const prepared = await carrier.prepare(askWith(reference, 20_000));
  const running = carrier.send(prepared);
  await sleep(500);
  await carrier.cancel(prepared.jti, "declined");
  t.match((await running).claims, { decision: "inconclusive", reason: "declined" });
  t.equal(changes.at(-1)?.meaning, "please see staff");
  await sleep(RESULT_SHOWN_MS + 200);
  t.equal(changes.at(-1)?.meaning, "ready");
});
