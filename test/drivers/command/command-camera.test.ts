import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { commandCamera } from "../../../drivers/command/command-camera.ts";
import type { DriverError } from "../../../drivers/errors.ts";
import { collect, holdCamera, sink } from "../../contract/camera.ts";
import { tapSuite } from "../../contract/suite.ts";
import { media } from "../../support/media.ts";
import type { ProgramMode } from "../../support/mjpeg-program.ts";
import { until } from "../../support/until.ts";

const PROGRAM = fileURLToPath(new URL("../../support/mjpeg-program.js", import.meta.url));

async function camera(t: Test, mode: ProgramMode, silentAfterMs = 2_000) {
  const modeFile = join(t.testdir({}), "mode");
  const set = (next: ProgramMode) => writeFile(modeFile, next);
  await set(mode);
  const words = [PROGRAM, modeFile, media.path("franck_02221.jpg")];
  return { set, camera: commandCamera({ program: process.execPath, words }, { silentAfterMs }) };
}

t.test("a program that plays", async (t) => {
  const { camera: playing } = await camera(t, "play", 10_000);
  await holdCamera(tapSuite(t), () => playing);
});

async function failure(t: Test, mode: ProgramMode): Promise<DriverError | undefined> {
  const errors: DriverError[] = [];
  const { camera: failing } = await camera(t, mode);
  await using _capture = await failing.open(sink({ failed: (error) => errors.push(error) }));
  await until(() => errors.length > 0, 20_000);
  return errors[0];
}

t.test("what a program can do wrong, and what is said", async (t) => {
  const wrong: readonly (readonly [ProgramMode, Partial<DriverError>, RegExp])[] = [
    ["exit", { code: "failed" }, /exit code 255: "\*\*\* no cameras available \*\*\*"/],
    ["hang", { code: "silent" }, /sent no picture for 2000 ms/],
    ["garbage", { code: "damaged" }, /bytes that are no JPEG/],
    ["damaged", { code: "damaged" }, /bytes that are no JPEG/],
  ];
  for (const [mode, like, message] of wrong) {
    const error = await failure(t, mode);
    t.match(error, { name: "DriverError", ...like }, mode);
    t.match(error?.message, message);
  }
});

t.test("a program that ends is started again, and frames go on in order", async (t) => {
  const { camera: restarted, set } = await camera(t, "play", 10_000);
  const sequences: number[] = [];
  const errors: DriverError[] = [];
  await using capture = await restarted.open(
    sink({
      frame(frame) {
        sequences.push(frame.sequence);
        frame.giveBack();
      },
      failed: (error) => errors.push(error),
    }),
  );
  await until(() => sequences.length > 2, 10_000);
  await set("exit");
  await sleep(300);
  await set("play");
  const before = sequences.length;
  await until(() => sequences.length > before + 2, 10_000);
  t.same(errors, []);
  t.same(
    sequences,
    [...sequences].sort((a, b) => a - b),
  );
  t.equal(capture.counts().givenBack, capture.counts().taken);
});

t.test("a slow program is slow, and no failure", async (t) => {
  const { camera: slow } = await camera(t, "slow");
  const frames = await collect(slow, 3);
  t.equal(frames.length, 3);
  for (const frame of frames) frame.giveBack();
});

t.test("closing ends the program and what it has started", async (t) => {
  const folder = t.testdir({});
  const pidFile = join(folder, "pid");
  const script = join(folder, "camera.sh");
  await writeFile(script, `#!/bin/sh\nsleep 60 &\necho $! > ${pidFile}\nwait\n`);
  await chmod(script, 0o755);
  const capture = await commandCamera({ program: script, words: [] }).open(sink({}));
  const pid = () => readFile(pidFile, "utf8").then(Number, () => 0);
  while ((await pid()) === 0) await sleep(20);
  const started = await pid();
  await capture[Symbol.asyncDispose]();
  await until(() => hasEnded(started), 5_000);
  t.ok(hasEnded(started));
});

/** A process that nobody has waited for yet has ended, too. */
function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  return false;
}

t.test("a program that is missing or may not be executed is named", async (t) => {
  const open = (program: string) => commandCamera({ program, words: [] }).check();
  await t.rejects(open("rpicam-nothing"), { code: "gone", message: /no program rpicam-nothing/ });
  await t.rejects(open("/nowhere/rpicam-vid"), { code: "gone" });
  const plain = join(t.testdir({ "camera.sh": "#!/bin/sh" }), "camera.sh");
  await t.rejects(open(plain), { code: "denied", message: /chmod/ });
});
