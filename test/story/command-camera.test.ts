import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { commandCamera } from "../../drivers/command/command-camera.ts";
import { findFfmpeg } from "../../drivers/film/ffmpeg.ts";
import { media } from "../support/media.ts";
import type { ProgramMode } from "../support/mjpeg-program.ts";
import { askWith, decided, setTestStage } from "../support/stage.ts";
import { syntheticInference } from "../support/synthetic.ts";

const reference = await chipPhoto(media.path("franck_02221.jpg"));

t.test("somebody is verified before a camera that is a program", async (t) => {
  const play = `${findFfmpeg()} -nostdin -v error -re -i ${media.path("franck.mp4")} -an -f mjpeg -q:v 3 pipe:1`;
  const { carrier } = await setTestStage(t, { camera: `command:${play}` });
  t.equal(decided((await carrier.verify(askWith(reference))).claims), "match");
});

t.test("a program that fails while somebody is looked at", async (t) => {
  const modeFile = join(t.testdir({}), "mode");
  const set = (mode: ProgramMode) => writeFile(modeFile, mode);
  await set("play");
  const program = fileURLToPath(new URL("../support/mjpeg-program.js", import.meta.url));
  const words = [program, modeFile, media.path("franck_02221.jpg")];
  const camera = commandCamera({ program: process.execPath, words }, { silentAfterMs: 1_500 });
  const { carrier } = await setTestStage(t, { camera: "v4l2:auto", own: { camera, inference: syntheticInference() } });
  const faults: readonly (readonly [ProgramMode, RegExp])[] = [
    ["exit", /no cameras available/],
    ["hang", /sent no picture/],
    ["garbage", /no JPEG/],
  ];
  for (const [mode, detail] of faults) {
    const { claims } = await carrier.verify(askWith(reference), ({ stage }) => {
      if (stage === "looking") void set(mode);
    });
    t.match(claims, { decision: "inconclusive", reason: "camera_lost", detail }, mode);
    await set("play");
    t.equal(decided((await carrier.verify(askWith(reference))).claims), "match", `served after ${mode}`);
  }
});
