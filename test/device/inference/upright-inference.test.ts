import { readFile } from "node:fs/promises";
import t from "tap";
import type { Inference } from "../../../device/inference/inference.ts";
import { openUprightInference } from "../../../device/inference/upright-inference.ts";
import { playFilm } from "../../../drivers/film/ffmpeg.ts";
import { decodeJpeg, encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { type QuarterTurn, turnImage } from "../../../drivers/image/quarter-turn.ts";
import { playSession, startShippedInference } from "../../support/film-session.ts";
import { media } from "../../support/media.ts";

const inference = await startShippedInference();
t.teardown(() => inference[Symbol.asyncDispose]());
const photo = await readFile(media.path("franck_02221.jpg"));

const upright: Uint8Array[] = [];
for await (const jpeg of playFilm(media.path("franck.mp4"), { ownPace: false })) if (upright.push(jpeg) >= 72) break;

/** As a camera sees that must be turned by so many degrees. */
const mounted = (degrees: QuarterTurn) =>
  upright.map((jpeg) => {
    const back = ((360 - degrees) % 360) as QuarterTurn;
    return encodeJpeg(turnImage(decodeJpeg(jpeg, 1e6), back, new Uint8Array(0)), 92);
  });

t.test("a camera that is mounted turned finds out, and recognizes as an upright one does", async (t) => {
  const baseline = await playSession(upright, { inference, photo, framesPerSecond: 12 });
  t.match(baseline.verdict, { decision: "match" });
  for (const degrees of [90, 180, 270] as const) {
    const turns: number[] = [];
    const own = openUprightInference(inference, { choice: "auto", known: 0, turned: (turn) => turns.push(turn) });
    const frames = mounted(degrees);
    const first = await playSession(frames, { inference: own, photo, framesPerSecond: 12 });
    t.same(turns, [degrees], "it is told once");
    t.match(first.verdict, { decision: "match" }, `${degrees}`);
    t.ok(first.tookMs <= baseline.tookMs + 1_000, `${degrees}: ${first.tookMs} ms, upright ${baseline.tookMs} ms`);
    if (degrees !== 90) continue;
    const again = await playSession(frames, { inference: own, photo, framesPerSecond: 12 });
    t.ok(again.tookMs <= baseline.tookMs + 250, `${degrees}, known: ${again.tookMs} ms`);
  }
});

t.test("a fixed turn is used and no other is tried", async (t) => {
  const turnings: unknown[] = [];
  const spied: Inference = {
    ...inference,
    look(...asked) {
      turnings.push(asked[2]);
      return inference.look(...asked);
    },
  };
  const fixed = openUprightInference(spied, { choice: 180, known: 90, turned: () => t.fail("a fixed turn changes") });
  await playSession(mounted(180).slice(0, 4), { inference: fixed, photo, framesPerSecond: 12 });
  t.same(turnings.at(-1), { degrees: 180, search: false });
});
