import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import type { DriverError } from "../../../drivers/errors.ts";
import { FILM_DEFAULTS, filmCamera } from "../../../drivers/film/film-camera.ts";
import { collect, holdCamera, sink } from "../../contract/camera.ts";
import { tapSuite } from "../../contract/suite.ts";
import { media } from "../../support/media.ts";
import { until } from "../../support/until.ts";

const STILLS = ["franck_02221.jpg", "franck_02045.jpg", "franck_02159.jpg"];

async function folder(t: Test): Promise<string> {
  const path = t.testdir({});
  for (const [i, name] of STILLS.entries()) await cp(media.path(name), join(path, `${i + 9}.jpg`));
  return path;
}

t.test("a folder of JPEGs", async (t) => {
  const path = await folder(t);
  await holdCamera(tapSuite(t), () => filmCamera(path));
});

t.test("an .mjpeg", async (t) => {
  await holdCamera(tapSuite(t), () => filmCamera(media.path("nobody.mjpeg")));
});

t.test("a film file", async (t) => {
  await holdCamera(tapSuite(t), () => filmCamera(media.path("franck.mp4")));
});

t.test("numbered pictures play by number, 9 before 10", async (t) => {
  const path = t.testdir({});
  await cp(media.path("franck_02221.jpg"), join(path, "10.jpg"));
  await cp(media.path("cage2_crop.jpg"), join(path, "9.jpg"));
  const [first] = await collect(filmCamera(path), 1);
  t.not(first?.width, 720, "franck's still is 720 wide");
});

t.test("how it ends", async (t) => {
  const path = await folder(t);
  const play = async (end: "loop" | "still" | "fail") => {
    let frames = 0;
    const errors: DriverError[] = [];
    const options = { end, pace: "fast", framesPerSecond: 15 } as const;
    await using _capture = await filmCamera(path, options).open(
      sink({
        frame(frame) {
          frames++;
          frame.giveBack();
        },
        failed: (error) => errors.push(error),
      }),
    );
    const isOver = {
      loop: () => frames > STILLS.length,
      still: () => frames === STILLS.length,
      fail: () => errors.length > 0,
    };
    await until(isOver[end]);
    await sleep(200);
    return { frames, errors: errors.map(({ code }) => code) };
  };
  t.ok((await play("loop")).frames > STILLS.length);
  t.same(await play("still"), { frames: STILLS.length, errors: [] });
  t.same(await play("fail"), { frames: STILLS.length, errors: ["gone"] });
});

t.test("a folder plays at the pace it is given", async (t) => {
  const path = await folder(t);
  const startedMs = performance.now();
  const sinceStartMs = () => performance.now() - startedMs;
  const played = collect(filmCamera(path, { ...FILM_DEFAULTS, framesPerSecond: 20 }), 11).then((frames) => ({
    frames,
    tookMs: sinceStartMs(),
  }));
  for (let i = 0; i < 10; i++) await sleep(50);
  const sleptMs = sinceStartMs();
  const { frames, tookMs } = await played;
  t.equal(frames.length, 11);
  t.ok(tookMs > 450 && tookMs < sleptMs + 400, `ten periods of 50 ms took ${tookMs.toFixed(0)} ms`);
});

t.test("what cannot be played says why", async (t) => {
  const open = (path: string) => filmCamera(path).open(sink({}));
  await t.rejects(open("/nowhere/film.mp4"), { code: "gone", message: /no film at/ });
  const empty = t.testdir({ "notes.txt": "no pictures" });
  await t.rejects(open(empty), { code: "unsupported", message: /no \.jpg/ });
  const broken = join(empty, "broken.mp4");
  await writeFile(broken, "this is no film");
  const errors: DriverError[] = [];
  await using _capture = await filmCamera(broken).open(sink({ failed: (error) => errors.push(error) }));
  for (let i = 0; i < 1_000 && errors.length === 0; i++) await sleep(20);
  t.match(errors, [{ code: "unsupported", message: /ffmpeg cannot play/ }]);
});

t.test("a picture in the folder that is none ends the film with an error, not the process", async (t) => {
  const path = join(t.testdir({}), "film");
  await mkdir(path);
  await writeFile(join(path, "1.jpg"), "no JPEG");
  const errors: DriverError[] = [];
  await using _capture = await filmCamera(path).open(sink({ failed: (error) => errors.push(error) }));
  for (let i = 0; i < 1_000 && errors.length === 0; i++) await sleep(20);
  t.match(errors, [{ name: "DriverError", code: "damaged" }]);
});
