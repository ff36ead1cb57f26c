import t from "tap";
import { decodePhoto } from "../../../device/inference/reference-photo.ts";
import { filmFrames } from "../../../drivers/film/ffmpeg.ts";
import { decodeJpeg, encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { align } from "../../../models/detection/align.ts";
import { frameOf } from "../../../models/detection/boxes.ts";
import { detect } from "../../../models/detection/detector.ts";
import { eyeDistanceOf, findLandmarks } from "../../../models/detection/landmarks.ts";
import { headPose } from "../../../models/detection/pose.ts";
import { type Image, lumasOf } from "../../../models/imaging/image.ts";
import { resample } from "../../../models/imaging/resize.ts";
import {
  type LifeSign,
  type MotionLiveness,
  type MovingFace,
  motionLiveness,
} from "../../../models/liveness/motion-liveness.ts";
import { attackFilm } from "../../support/attack-film.ts";
import { madeAttack } from "../../support/made-attacks.ts";
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

async function movingFace(picture: Image): Promise<MovingFace> {
  const [face] = await detect(networks.detector, picture, frameOf(picture, 0));
  if (!face) throw new Error("no face");
  const landmarks = await findLandmarks(networks.landmarks, picture, face);
  const { yawDegrees, pitchDegrees } = headPose(landmarks);
  return { lumas: lumasOf(align(picture, landmarks)), landmarks, yawDegrees, pitchDegrees };
}

async function look(motion: MotionLiveness, picture: Image, probe = SOMEBODY): Promise<readonly LifeSign[]> {
  return motion.look(await movingFace(picture), probe, picture);
}

async function goesOn(motion: MotionLiveness, picture: Image): Promise<boolean> {
  return motion.goesOn(await movingFace(picture), picture);
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

async function signsOf(film: Iterable<Image>, frames: number): Promise<ReadonlySet<LifeSign>> {
  const motion = motionLiveness();
  const seen = new Set<LifeSign>();
  for (const image of film) {
    for (const sign of await look(motion, image)) seen.add(sign);
    if (--frames === 0) break;
  }
  return seen;
}

t.test("a tilted, bent, noisy or dim picture of a man shows no sign of life", async (t) => {
  for (const species of ["tilted", "bent", "noisy", "dim"] as const) {
    t.same([...(await signsOf(attackFilm(man, species, 5, 12), 16))], [], species);
  }
});

t.test("nor does one that is turned, or whose lids are drawn to close", async (t) => {
  t.same([...(await signsOf(await madeAttack(networks, man, "turned", 3, 10), 30))], []);
  const signs = await signsOf(await madeAttack(networks, man, "blink_and_mouth", 3, 10), 30);
  t.notOk(signs.has("eyes"));
  t.notOk(signs.has("turn"));
});

t.test("nor does a bent print that turns: its nose moves as smoothly as its eyes", async (t) => {
  t.same([...(await signsOf(await madeAttack(networks, man, "bent_turned", 3, 10), 30))], []);
});

t.test("a pen before the nose of a print is no turned head", async (t) => {
  const large = await readPicture(media.path("SeanConnery.jpg"));
  const still = resample(large, frameOf(large, 0), Math.round((large.width * 300) / large.height), 300);
  const film = attackFilm(still, "hand_held", 1018, 10, await touched(networks, still, "pen_on_eyes"));
  t.notOk((await signsOf(film, 36)).has("turn"));
});

t.test("a mouth that is drawn to move is the sign of a mouth and nothing else", async (t) => {
  t.same([...(await signsOf(await madeAttack(networks, man, "mouth_warp", 3, 10), 20))], ["mouth"]);
});

t.test("a man who talks, blinks and turns shows signs of every kind", async (t) => {
  const motion = motionLiveness();
  const signs: LifeSign[] = [];
  let frame = 0;
  for await (const jpeg of filmFrames(media.path("franck.mp4"), 10)) {
    signs.push(...(await look(motion, decodePhoto(jpeg))));
    if (++frame === 80) break;
  }
  t.comment(signs.join(" "));
  t.ok(signs.filter((sign) => sign === "eyes").length >= 2);
});

t.test("lids that are painted on a photograph are none, however often", async (t) => {
  const motion = motionLiveness();
  const painted = await closed();
  for (let i = 0; i < 12; i++) t.notOk((await look(motion, i % 4 === 3 ? painted : man)).includes("eyes"));
});

t.test("a finger over an eye is no sign of life", async (t) => {
  const motion = motionLiveness();
  for (let i = 0; i < 3; i++) await look(motion, man);
  for (const touch of ["finger_on_eye", "pen_on_eyes", "glint_on_eye", "finger_on_mouth"] as const) {
    t.same(await look(motion, (await touched(networks, man, touch))(TOUCHING_SECONDS)), [], touch);
  }
});

t.test("a face that is cut by the picture's edge is not compared", async (t) => {
  const motion = motionLiveness();
  const cut = await cutAtTheMouth();
  for (let i = 0; i < 4; i++) t.same(await look(motion, cut), []);
  t.notOk(motion.begun());
});

t.test("another person's face begins a run of its own, and so does what comes after forgetting", async (t) => {
  const motion = motionLiveness();
  t.notOk(motion.begun());
  for (let i = 0; i < 3; i++) await look(motion, man);
  t.ok(motion.begun());
  const other = await closed();
  t.same(await look(motion, other, SOMEBODY_ELSE), []);
  t.same(await look(motion, other, SOMEBODY_ELSE), []);
  motion.forget();
  t.notOk(motion.begun());
});

/** Where a man turns so fast that his face is like none a moment ago: only because it has moved that is a turn, and no pen. */
const TURNS_FAST = { film: "cap13_edit2.mp4", from: 195, to: 203 };

t.test("a face that does not go on shows its signs when it is looked at again with a probe", async (t) => {
  const motion = motionLiveness();
  const signs: LifeSign[] = [];
  let frame = 0;
  for await (const jpeg of filmFrames(media.path(TURNS_FAST.film), 10)) {
    if (++frame < TURNS_FAST.from) continue;
    const picture = decodePhoto(jpeg);
    const probed = frame < TURNS_FAST.from + 3;
    if (probed || !(await goesOn(motion, picture))) signs.push(...(await look(motion, picture)));
    if (frame === TURNS_FAST.to) break;
  }
  t.ok(signs.includes("turn"));
});

t.test("what comes before a face does not go on from it, and is no reference without a probe", async (t) => {
  const motion = motionLiveness();
  for (let i = 0; i < 3; i++) await look(motion, man);
  t.ok(await goesOn(motion, man));
  const finger = (await touched(networks, man, "finger_on_eyes"))(TOUCHING_SECONDS);
  for (let i = 0; i < 4; i++) t.notOk(await goesOn(motion, finger), "a finger");
  t.ok(await goesOn(motion, man), "compared with the man, not with the finger");
});

t.test("eyes of a face that moves fast from picture to picture are no sign", async (t) => {
  const [slow, fast, byTurns] = [motionLiveness(), motionLiveness(), motionLiveness()];
  const seen = { slow: new Set<LifeSign>(), fast: new Set<LifeSign>(), byTurns: new Set<LifeSign>() };
  let frame = 0;
  for await (const jpeg of filmFrames(media.path("franck.mp4"), 10)) {
    const picture = decodePhoto(jpeg);
    const face = await movingFace(picture);
    const aside = (by: number) => moved(face, frame % 2 === 0 ? by * eyeDistanceOf(face.landmarks) : 0);
    for (const sign of slow.look(aside(0.1), SOMEBODY, picture)) seen.slow.add(sign);
    for (const sign of fast.look(aside(0.4), SOMEBODY, picture)) seen.fast.add(sign);
    // It moves in every second picture, and each face is compared with the third before it.
    const every4 = moved(face, frame % 4 < 2 ? 0.4 * eyeDistanceOf(face.landmarks) : 0);
    for (const sign of byTurns.look(every4, SOMEBODY, picture)) seen.byTurns.add(sign);
    if (++frame === 40) break;
  }
  t.ok(seen.slow.has("eyes"));
  t.notOk(seen.fast.has("eyes"));
  t.notOk(seen.byTurns.has("eyes"), "neither of the two faces may move fast");
});

function moved(face: MovingFace, by: number): MovingFace {
  return { ...face, landmarks: face.landmarks.map(({ x, y }) => ({ x: x + by, y })) };
}

/** Where a picture that moves fast is smeared one way, and its eyes look closed. */
const SMEARED = { seed: 1004, from: 44, to: 53 };

t.test("eyes that are smeared one way are no sign", async (t) => {
  const large = await readPicture(media.path("audrey.jpg"));
  const still = resample(large, frameOf(large, 0), Math.round((large.width * 300) / large.height), 300);
  const motion = motionLiveness();
  let frame = 0;
  for (const picture of attackFilm(still, "fast", SMEARED.seed, 10)) {
    if (frame >= SMEARED.from) t.notOk((await look(motion, filmed(picture))).includes("eyes"), String(frame));
    if (frame++ === SMEARED.to) break;
  }
});

/** As a camera would deliver it. */
function filmed(picture: Image): Image {
  return decodeJpeg(encodeJpeg(picture, 74), 1e7);
}
