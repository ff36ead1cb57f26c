import { readFile } from "node:fs/promises";
import t from "tap";
import { chipPhoto } from "../../../cli/demo/chip.ts";
import { decodePhoto } from "../../../device/inference/reference-photo.ts";
import { filmCamera } from "../../../drivers/film/film-camera.ts";
import { decodeFrame, frameDecoder } from "../../../drivers/image/pixels.ts";
import { landmarksToRoi } from "../../../models/detection/landmarks-to-roi.ts";
import { SAME_PERSON, type Template } from "../../../models/embedding/embedder.ts";
import type { Image, Picture } from "../../../models/imaging/image.ts";
import { resample } from "../../../models/imaging/resize.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { trackFace } from "../../../models/pipeline/face-tracker.ts";
import { loadNetworks, type Networks } from "../../../models/pipeline/networks.ts";
import { type Observation, TEMPLATES_KEPT } from "../../../models/pipeline/observation.ts";
import { load } from "../../../models/pipeline/recognizer.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import { collect } from "../../contract/camera.ts";
import { media } from "../../support/media.ts";
import { SHIPPED_PACK } from "../../support/pack.ts";
import { darkened, draw, GREY, pictureOf, readPicture } from "../../support/pictures.ts";

const pack = await readPack(SHIPPED_PACK);
const networks = await loadNetworks(pack, loadOnnx);
const recognizer = await load(pack, loadOnnx);
t.teardown(() => Promise.all([networks[Symbol.asyncDispose](), recognizer[Symbol.asyncDispose]()]));

async function template(name: string): Promise<Template> {
  const enrolment = await recognizer.enrol(decodePhoto(await chipPhoto(media.path(name))));
  if (enrolment.kind !== "enrolled") throw new Error(`${name}: ${enrolment.problem}`);
  return enrolment.template;
}

const frames = async (name: string, count: number) =>
  (await collect(filmCamera(media.path(name)), count)).map((frame) => decodeFrame(frame));

const reference = await template("franck_02221.jpg");
const film = await frames("franck.mp4", 20);

/** The same networks, counting how often the detector looks. */
function counting(): { readonly counted: Networks; readonly looks: () => number } {
  let looks = 0;
  const { detector } = networks;
  const run: typeof detector.network.run = (pixels) => {
    looks += 1;
    return detector.network.run(pixels);
  };
  return {
    counted: { ...networks, detector: { ...detector, network: { ...detector.network, run } } },
    looks: () => looks,
  };
}

async function observeAll(over: Networks, pictures: readonly Image[]): Promise<readonly Observation[]> {
  using tracker = trackFace(over, reference, 0.1);
  const seen: Observation[] = [];
  for (const picture of pictures) seen.push(await tracker.observe(pictureOf(picture)));
  return seen;
}

t.test("a face is followed, and the detector looks at every eighth picture only", async (t) => {
  const { counted, looks } = counting();
  const seen = await observeAll(counted, film);
  t.ok(seen.every(({ kind }) => kind === "scored"));
  t.equal(looks(), Math.ceil(film.length / 8));
});

t.test("a followed face scores as a detected one does", async (t) => {
  const followed = await observeAll(networks, film);
  for (const [i, picture] of film.entries()) {
    const [alone] = await observeAll(networks, [picture]);
    const one = followed[i];
    if (alone?.kind !== "scored" || one?.kind !== "scored") throw new Error("every picture is good");
    if (Math.abs(alone.similarity - one.similarity) > 0.1) t.fail(`${alone.similarity}, followed ${one.similarity}`);
  }
});

t.test("scores tell how alike the pictures of one tracker are, of at most so many", async (t) => {
  const seen = await observeAll(networks, film);
  for (const [i, one] of seen.entries()) {
    if (one.kind !== "scored") throw new Error("every picture is good");
    t.equal(one.agreement.length, Math.min(i, TEMPLATES_KEPT));
    t.ok(one.agreement.every((value) => value >= SAME_PERSON && value < 1.0001));
  }
});

t.test("who takes the place of the one followed is seen at once, and so is that nobody is there", async (t) => {
  const [man] = film;
  const other = decodePhoto(await readFile(media.path("cage.jpg")));
  if (!man) throw new Error("the film has frames");
  const seen = await observeAll(networks, [man, man, draw(man.width, man.height, () => GREY), man, other]);
  t.same(seen.map(({ kind }) => kind).slice(0, 4), ["scored", "scored", "no_face", "scored"]);
  const last = seen[4];
  t.ok(last?.kind !== "scored" || (last.agreement[0] ?? 1) < SAME_PERSON, "never taken for the same person");
});

t.test(
  "a face that jumps is looked for in the whole picture before its pose is read, and said to have jumped",
  async (t) => {
    const [man] = film;
    if (!man) throw new Error("the film has frames");
    const { width, height } = man;
    // So far that landmarks are still found where the face was, and are wrong.
    const aside = resample(man, { x: 50, y: 0, width: width - 50, height }, width - 50, height);
    const { counted, looks } = counting();
    const seen = await observeAll(counted, [man, man, aside, aside]);
    t.equal(looks(), 2, "the first, and the one that jumped");
    t.same(
      seen.map((one) => "quality" in one && one.jumped === true),
      [false, false, true, false],
    );
    const [alone] = await observeAll(networks, [aside]);
    const yaw = (one: Observation | undefined) =>
      one && "quality" in one ? one.quality.headPoseYawDegrees : Number.NaN;
    t.equal(yaw(seen[2]), yaw(alone));
  },
);

t.test("in a dark room it says that it is dark", async (t) => {
  const [man] = film;
  if (!man) throw new Error("the film has frames");
  const [dim] = await observeAll(networks, [darkened(man, 0.04)]);
  t.equal(dim?.kind, "too_dark");
  const [empty] = await observeAll(networks, [draw(320, 240, () => GREY)]);
  t.equal(empty?.kind, "no_face");
});

t.test("the box around landmarks settles: following the same picture does not drift", async (t) => {
  const [man] = film;
  if (!man) throw new Error("the film has frames");
  const still = await observeAll(
    networks,
    Array.from({ length: 6 }, () => man),
  );
  const agreements = still.map((one) => (one.kind === "scored" ? (one.agreement.at(-1) ?? 1) : 0));
  t.ok(
    agreements.every((value) => value > 0.9),
    `${agreements}`,
  );
  const corners = Array.from({ length: 68 }, (_, i) => ({ x: 100 + (i % 2) * 50, y: 200 + (i % 2) * 60 }));
  const box = landmarksToRoi(corners);
  t.ok(box.y < 200 && box.width < 50 && box.height > 60, "higher than the landmarks, which end at the brows");
});

t.test("nothing of a picture is left on the networks' canvases", async (t) => {
  await observeAll(networks, film.slice(0, 3));
  for (const { canvas, tensor } of [networks.detector, networks.landmarks, networks.embedder, networks.liveness]) {
    t.ok(canvas.data.every((value) => value === 0));
    t.ok(tensor.every((value) => value === 0));
  }
});

t.test("where only life is waited for, faces are compared until there is one to compare with", async (t) => {
  using tracker = trackFace(networks, reference, 0.1);
  const [still] = film;
  const kinds: string[] = [];
  for (let i = 0; i < 4; i++) kinds.push((await tracker.observe(pictureOf(still as Image), "signs")).kind);
  t.same(kinds, ["scored", "scored", "unchanged", "unchanged"]);
});

t.test(
  "once recognized, liveness is looked for without a comparison, and the detector looks half as often",
  async (t) => {
    const { counted, looks } = counting();
    using tracker = trackFace(counted, reference, 0.1);
    const [still] = film;
    const seen: Observation[] = [];
    for (let i = 0; i < 2; i++) seen.push(await tracker.observe(pictureOf(still as Image)));
    for (let i = 0; i < 14; i++)
      seen.push(await tracker.observe(pictureOf(still as Image), i === 0 ? "liveness" : "signs"));
    const kept = seen.map((one) => (one.kind === "unchanged" ? one.liveness !== undefined : undefined));
    t.same(kept.slice(0, 4), [undefined, undefined, true, false]);
    t.equal(looks(), 1);
    await tracker.observe(pictureOf(still as Image), "signs");
    t.equal(looks(), 2);
  },
);

t.test("where only life is waited for, colours are decoded for a detection or a comparison only", async (t) => {
  const taken = await collect(filmCamera(media.path("franck.mp4")), 24);
  const decoder = frameDecoder();
  using tracker = trackFace(networks, reference, 0.1);
  const seen: { readonly kind: string; readonly coloured: boolean }[] = [];
  for (const [i, frame] of taken.entries()) {
    const picture = decoder.open(frame);
    let coloured = false;
    const watched: Picture = {
      luma: picture.luma,
      colour() {
        coloured = true;
        return picture.colour();
      },
    };
    const { kind } = await tracker.observe(watched, i < 3 ? "all" : "signs");
    seen.push({ kind, coloured });
  }
  const waiting = seen.slice(3);
  t.ok(
    waiting.every(({ kind, coloured }) => kind === "unchanged" || coloured),
    "every comparison has colours",
  );
  t.ok(waiting.filter(({ kind }) => kind === "unchanged").length > 10, JSON.stringify(waiting));
  t.equal(waiting.filter(({ kind, coloured }) => kind === "unchanged" && coloured).length, 1, "the detection");
});

t.test("a film without its colours shows the same signs of life", async (t) => {
  const kindsOf = async (pictures: readonly Picture[]) => {
    using tracker = trackFace(networks, reference, 0.1);
    const kinds: string[] = [];
    for (const [i, picture] of pictures.entries()) {
      const seen = await tracker.observe(picture, i < 3 ? "all" : "signs");
      kinds.push(seen.kind === "scored" ? `scored ${seen.signs.join(" ")}` : seen.kind);
    }
    return kinds;
  };
  const taken = await collect(filmCamera(media.path("franck.mp4")), 40);
  const whole = taken.map((frame) => pictureOf(decodeFrame(frame)));
  const lazy = taken.map((frame) => frameDecoder().open(frame));
  t.same(await kindsOf(lazy), await kindsOf(whole));
});

t.test("a picture that cannot be decoded is not the one before a jump", async (t) => {
  const man = await readPicture(media.path("franck_02221.jpg"));
  const moved = resample(man, { x: -90, y: 0, width: man.width, height: man.height }, man.width, man.height);
  const broken = () => {
    throw new Error("the JPEG is damaged");
  };
  using tracker = trackFace(networks, reference, 0.1);
  for (let i = 0; i < 2; i++) t.notMatch(await tracker.observe(pictureOf(man)), { jumped: true });
  await t.rejects(tracker.observe({ colour: broken, luma: broken }), /damaged/);
  t.match(await tracker.observe(pictureOf(moved)), { kind: "scored", jumped: true });
});
