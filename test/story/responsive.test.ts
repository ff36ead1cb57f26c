import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import type { Carrier } from "../../carrier/client.ts";
import type { CarrierError } from "../../carrier/errors.ts";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { RESULT_SHOWN_MS } from "../../device/status/light-patterns.ts";
import { type Colour, type Pattern, playOn } from "../../drivers/light/light.ts";
import { measureBlocks, processorWaitMs } from "../support/event-loop.ts";
import { media } from "../support/media.ts";
import { askWith, setTestStage } from "../support/stage.ts";

interface Change {
  readonly atMs: number;
  /** How long the thread has waited for a processor until then. */
  readonly waitedMs: number;
  readonly colour: Colour | "dark";
  readonly meaning: string;
}

/** A device whose camera plays a film, and every change of its light with its time. */
async function recordLight(t: Test, film: string) {
  const changes: Change[] = [];
  const lamp = {
    set: (colour: Colour | "dark", { meaning }: Pattern) =>
      void changes.push({ atMs: performance.now(), waitedMs: processorWaitMs(), colour, meaning }),
  };
  const light = playOn("recorded", lamp, async () => undefined);
  t.teardown(() => light[Symbol.asyncDispose]());
  const { carrier } = await setTestStage(t, { camera: `film:${media.path(film)}`, own: { light } });
  return { carrier, changes };
}

const reference = await chipPhoto(media.path("franck_02221.jpg"));

t.test("the event loop is never blocked for more than 250 ms while sessions run", async (t) => {
  const { carrier } = await recordLight(t, "franck.mp4");
  const blocks = measureBlocks();
  await carrier.verify(askWith(reference));
  await carrier.verify(askWith(await chipPhoto(media.path("cage.jpg"))));
  const { longestMs, waitedMs } = blocks.stop();
  t.comment(`longest block ${longestMs.toFixed(0)} ms; the machine kept the thread waiting ${waitedMs.toFixed(0)} ms`);
  t.ok(longestMs <= 250);
});

t.test("a blocked event loop is noticed", async (t) => {
  const blocks = measureBlocks();
  await sleep(20);
  for (const end = performance.now() + 300; performance.now() < end; );
  await sleep(20);
  const { longestMs, waitedMs } = blocks.stop();
  t.ok(longestMs + waitedMs > 250, `${longestMs.toFixed(0)} ms`);
});

t.test("the light keeps its rhythm while faces are compared", async (t) => {
  const { carrier, changes } = await recordLight(t, "nobody.mjpeg");
  await carrier.verify(askWith(reference, 4_000));
  const hints = changes.filter(({ meaning }) => meaning === "please follow the hint");
  const late = hints.slice(1).map(({ atMs, waitedMs }, i) => {
    const before = hints[i];
    if (before === undefined) throw new Error("no beat comes before this one");
    const offMs = Math.abs(atMs - before.atMs - (before.colour === "dark" ? 400 : 800));
    return offMs - (waitedMs - before.waitedMs);
  });
  t.ok(late.length >= 3, `${late.length} beats seen`);
  t.comment(`the latest beat came ${Math.max(...late).toFixed(0)} ms off its time`);
  t.ok(Math.max(...late) < 100);
});

t.test("a cancelled session ends within one frame, and the light is ready again", async (t) => {
  const { carrier, changes } = await recordLight(t, "nobody.mjpeg");
  const prepared = await carrier.prepare(askWith(reference, 20_000));
  const running = carrier.send(prepared);
  await sleep(1_000);
  const roundTripMs = await slowestRoundTrip(carrier);
  const cancelledMs = performance.now();
  await carrier.cancel(prepared.jti, "cancelled");
  const { claims } = await running;
  const tookMs = performance.now() - cancelledMs;
  t.match(claims, { decision: "inconclusive", reason: "cancelled" });
  t.comment(`the report came after ${tookMs.toFixed(0)} ms; a refusal takes ${roundTripMs.toFixed(0)} ms here`);
  t.ok(tookMs < 400 + roundTripMs, "a signature and a synced write included");
  t.equal(changes.at(-1)?.meaning, "ready");
});

/** How long a request and its answer take on this machine now: the busy device refuses three requests. */
async function slowestRoundTrip(carrier: Carrier): Promise<number> {
  let slowestMs = 0;
  for (let i = 0; i < 3; i++) {
    const begunMs = performance.now();
    const refused = await carrier.verify(askWith(reference)).catch((error: CarrierError) => error);
    if (!("refusal" in refused) || refused.refusal !== "busy")
      throw new Error("the device was not busy", { cause: refused });
    slowestMs = Math.max(slowestMs, performance.now() - begunMs);
  }
  return slowestMs;
}

t.test("somebody who declines is not marked: the light asks to see staff, as for everybody else", async (t) => {
  const { carrier, changes } = await recordLight(t, "nobody.mjpeg");
  const prepared = await carrier.prepare(askWith(reference, 20_000));
  const running = carrier.send(prepared);
  await sleep(500);
  await carrier.cancel(prepared.jti, "declined");
  t.match((await running).claims, { decision: "inconclusive", reason: "declined" });
  t.equal(changes.at(-1)?.meaning, "please see staff");
  const shownAtMs = changes.find(({ meaning }) => meaning === "please see staff")?.atMs ?? 0;
  while (changes.at(-1)?.meaning === "please see staff") await sleep(50);
  t.match(changes.at(-1), { meaning: "ready" });
  t.ok((changes.at(-1)?.atMs ?? 0) - shownAtMs >= RESULT_SHOWN_MS - 50, "for as long as every result");
});
