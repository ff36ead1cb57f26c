import t from "tap";
import { decodePhoto } from "../../../device/inference/reference-photo.ts";
import { playFilm } from "../../../drivers/film/ffmpeg.ts";
import { align } from "../../../models/detection/align.ts";
import { frameOf } from "../../../models/detection/boxes.ts";
import { detect } from "../../../models/detection/detector.ts";
import { findLandmarks } from "../../../models/detection/landmarks.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { LIFE_SIGN_AT_LEAST, type MotionLiveness, motionLiveness } from "../../../models/liveness/motion-liveness.ts";
import { attackFilm } from "../../support/attack-film.ts";
import { media } from "../../support/media.ts";
import { shippedNetworks } from "../../support/pack.ts";
import { readPicture } from "../../support/pictures.ts";
import { touched } from "../../support/touch.ts";

const networks = await shippedNetworks();
t.teardown(() => networks[Symbol.asyncDispose]());

/** When what touches a still lies right on it. */
const TOUCHING_SECONDS = 1.1;

const SOMEBODY = Float32Array.of(1, 0);
const SOMEBODY_ELSE = Float32Array.of(0, 1);

async function look(watch: MotionLiveness, picture: Image, probe = SOMEBODY): Promise<number | undefined> {
  const [face] = await detect(networks.detector, picture, frameOf(picture, 0));
  if (!face) throw new Error("no face");
  const landmarks = await findLandmarks(networks.landmarks, picture, face);
  return watch.look(align(picture, landmarks), landmarks, probe, picture);
}

const man = await readPicture(media.path("franck_02221.jpg"));

/** The man with both eyes painted over in the colour of his cheek, as lids would. */
const closed = async () => {
  const [face] = await detect(networks.detector, man, frameOf(man, 0));
  if (!face) throw new Error("no face");
  const landmarks = await findLandmarks(networks.landmarks, man, face);
  const data = Uint8Array.from(man.data);
  for (const eye of [landmarks.slice(36, 42), landmarks.slice(42, 48)]) {
    const [left, right] = [Math.min(...eye.map(({ x }) => x)), Math.max(...eye.map(({ x }) => x))];
    const [top, bottom] = [Math.min(...eye.map(({ y }) => y)), Math.max(...eye.map(({ y }) => y))];
    const cheek = (Math.round(bottom + 8) * man.width + Math.round((left + right) / 2)) * 3;
    for (let y = Math.floor(top) - 2; y <= bottom + 2; y++) {
      for (let x = Math.floor(left); x <= right; x++)
        data.set(man.data.subarray(cheek, cheek + 3), (y * man.width + x) * 3);
    }
  }
  return { ...man, data };
};

/** The man in a picture that ends at his mouth. */
const cutAtTheMouth = async (): Promise<Image> => {
  const [face] = await detect(networks.detector, man, frameOf(man, 0));
  if (!face) throw new Error("no face");
  const landmarks = await findLandmarks(networks.landmarks, man, face);
  const height = Math.round(landmarks[57]?.y ?? man.height);
  return { width: man.width, height, data: man.data.slice(0, man.width * height * 3) };
};

t.test("a tilted, bent or noisy picture of a man shows no sign of life", async (t) => {
  for (const species of ["tilted", "bent", "noisy", "dim"] as const) {
    const watch = motionLiveness();
    const film = attackFilm(man, species, 5, 12);
    const seen: (number | undefined)[] = [];
    for (let i = 0; i < 12; i++) seen.push(await look(watch, film.next().value));
    const signs = seen.flatMap((sign) => sign ?? []);
    t.ok(signs.length >= 8, `${species}: told of ${signs.length} pictures`);
    t.comment(`${species}: at most ${Math.max(...signs).toFixed(3)}`);
    t.ok(Math.max(...signs) < LIFE_SIGN_AT_LEAST, species);
  }
});

t.test("a man who talks and blinks shows signs of life", async (t) => {
  const watch = motionLiveness();
  const signs: number[] = [];
  let frame = 0;
  for await (const jpeg of playFilm(media.path("franck.mp4"), { ownPace: false })) {
    if (frame++ % 2 === 0) signs.push((await look(watch, decodePhoto(jpeg))) ?? 0);
    if (frame === 96) break;
  }
  const seen = signs.filter((sign) => sign >= LIFE_SIGN_AT_LEAST).length;
  t.comment(`${seen} signs in ${signs.length} frames of four seconds`);
  t.same(signs.slice(0, 2), [0, 0], "nothing to compare with");
  t.ok(seen >= 2);
});

t.test("lids that are painted on a photograph are none", async (t) => {
  const watch = motionLiveness();
  for (let i = 0; i < 3; i++) await look(watch, man);
  t.ok(((await look(watch, await closed())) ?? 0) < LIFE_SIGN_AT_LEAST);
});

t.test("a finger over an eye is no sign of life", async (t) => {
  const watch = motionLiveness();
  for (let i = 0; i < 3; i++) await look(watch, man);
  for (const touch of ["finger_on_eye", "pen_on_eyes", "glint_on_eye", "finger_on_mouth"] as const) {
    const sign = await look(watch, (await touched(networks, man, touch))(TOUCHING_SECONDS));
    t.ok((sign ?? 0) < LIFE_SIGN_AT_LEAST, `${touch}: ${sign}`);
  }
});

t.test("nor is a finger that lay over the mouth and is lifted", async (t) => {
  const watch = motionLiveness();
  const covered = (await touched(networks, man, "finger_on_mouth"))(TOUCHING_SECONDS);
  for (let i = 0; i < 3; i++) await look(watch, covered);
  const sign = await look(watch, man);
  t.comment(`lifted: ${sign?.toFixed(3)}`);
  t.ok((sign ?? 0) < LIFE_SIGN_AT_LEAST);
});

t.test("when faces cannot be compared any more, another becomes the first", async (t) => {
  const watch = motionLiveness();
  t.notOk(watch.begun());
  for (let i = 0; i < 2; i++) await look(watch, man);
  t.ok(watch.begun());
  const covered = (await touched(networks, man, "pen_on_eyes"))(TOUCHING_SECONDS);
  for (let i = 0; i < 5; i++) t.equal(await look(watch, covered), undefined);
  t.ok(watch.begun(), "five on end may be a passing hand");
  await look(watch, covered);
  t.notOk(watch.begun());
  for (let i = 0; i < 2; i++) await look(watch, covered);
  t.ok(((await look(watch, covered)) ?? 1) < 1e-3, "it is compared with its like");
});

t.test("a face that is cut by the picture's edge is not compared", async (t) => {
  const watch = motionLiveness();
  const cut = await cutAtTheMouth();
  for (let i = 0; i < 4; i++) t.equal(await look(watch, cut), undefined);
  const whole = motionLiveness();
  for (let i = 0; i < 3; i++) await look(whole, man);
  t.equal(await look(whole, cut), undefined, "nor with a whole one");
});

t.test("another person's face is no change of this one", async (t) => {
  const watch = motionLiveness();
  for (let i = 0; i < 3; i++) await look(watch, man);
  const other = await closed();
  t.equal(await look(watch, other, SOMEBODY_ELSE), undefined);
  t.equal(await look(watch, other, SOMEBODY_ELSE), undefined, "it is the first of a run of its own");
  t.ok(((await look(watch, other, SOMEBODY_ELSE)) ?? 1) < 1e-3);
});

t.test("after forgetting, nothing of before is compared", async (t) => {
  const watch = motionLiveness();
  for (let i = 0; i < 3; i++) await look(watch, man);
  watch.forget();
  t.equal(await look(watch, await closed()), undefined);
});
