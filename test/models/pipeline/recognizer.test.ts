import { readFile } from "node:fs/promises";
import t from "tap";
import { chipPhoto } from "../../../cli/demo/chip.ts";
import { decodePhoto } from "../../../device/inference/reference-photo.ts";
import type { Template } from "../../../models/embedding/embedder.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { resample } from "../../../models/imaging/resize.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { load } from "../../../models/pipeline/recognizer.ts";
import type { LoadNetwork, Pixels } from "../../../models/runtime/network.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import { media } from "../../support/media.ts";
import { SHIPPED_PACK } from "../../support/pack.ts";
import { draw, GREY, pictureOf } from "../../support/pictures.ts";

const recognizer = await load(await readPack(SHIPPED_PACK), loadOnnx);
t.teardown(() => recognizer[Symbol.asyncDispose]());

const picture = async (name: string) => decodePhoto(await readFile(media.path(name)));
const chip = async (name: string) => decodePhoto(await chipPhoto(media.path(name)));

async function template(name: string) {
  const enrolment = await recognizer.enrol(await chip(name));
  if (enrolment.kind !== "enrolled") throw new Error(`${name}: ${enrolment.problem}`);
  return enrolment.template;
}

/** What a new tracker sees. */
async function look(seen: Image, reference: Template) {
  using tracker = recognizer.track(reference);
  return await tracker.observe(pictureOf(seen));
}

t.test("a 102×126 chip photo is enough to tell a man from two others", async (t) => {
  const reference = await template("franck_02221.jpg");
  const score = async (name: string) => {
    const seen = await look(await picture(name), reference);
    return seen.kind === "scored" ? seen.similarity : Number.NaN;
  };
  const same = await score("franck_04117.jpg");
  const other = await score("SeanConnery.jpg");
  t.comment(`same man ${same.toFixed(3)}, another ${other.toFixed(3)}`);
  t.ok(same > 0.6);
  t.ok(other < 0.3);
});

t.test("a template has length one", async (t) => {
  const values = await template("franck_02221.jpg");
  t.ok(Math.abs(Math.hypot(...values) - 1) < 1e-5);
});

t.test("the same picture gives the same score, to the last bit", async (t) => {
  const reference = await template("franck_02221.jpg");
  const probe = await picture("franck_04000.jpg");
  t.same(await look(probe, reference), await look(probe, reference));
});

t.test("references that cannot be used say why", async (t) => {
  const problem = async (of: Parameters<typeof recognizer.enrol>[0]) => {
    const enrolment = await recognizer.enrol(of);
    return enrolment.kind === "unusable" ? enrolment.problem : enrolment.kind;
  };
  t.equal(await problem(draw(102, 126, () => GREY)), "no_face");
  t.equal(await problem(draw(1, 1, () => GREY)), "no_face");
  const man = await picture("franck_02221.jpg");
  const pair = draw(man.width * 2, man.height, (x, y) => {
    const at = (y * man.width + (x % man.width)) * 3;
    return [man.data[at] ?? 0, man.data[at + 1] ?? 0, man.data[at + 2] ?? 0];
  });
  t.equal(await problem(pair), "two_faces");
  t.equal((await look(pair, await template("franck_02221.jpg"))).kind, "two_faces");
});

t.test("a photo whose eyes are too near each other to compare is refused by name", async (t) => {
  const man = await picture("franck_02221.jpg");
  const eyesApart = async (pixels: number) => {
    const enrolment = await recognizer.enrol(chipWithEyesApart(man, pixels));
    return enrolment.kind === "unusable" ? [enrolment.problem, ...enrolment.defects] : enrolment.kind;
  };
  t.same(await eyesApart(14), ["poor_quality", "InterEyeDistance"]);
  t.equal(await eyesApart(18), "enrolled");
  t.equal(await eyesApart(26), "enrolled", "as on an ID card");
});

/** The middle between the eyes in franck_02221.jpg, and how far they are apart. */
const EYES = { x: 423, y: 260, apart: 108 };

/** A chip photo of him whose eyes are so many pixels apart. */
function chipWithEyesApart(man: Image, pixels: number): Image {
  const scale = EYES.apart / pixels;
  const [width, height] = [102 * scale, 126 * scale];
  return resample(man, { x: EYES.x - width / 2, y: EYES.y - height * 0.45, width, height }, 102, 126);
}

t.test("a picture that is long and thin shows nobody", async (t) => {
  for (const [width, height] of [
    [70_000, 20],
    [1, 70_000],
  ] as const) {
    t.match(await recognizer.enrol(draw(width, height, () => GREY)), { kind: "unusable", problem: "no_face" });
  }
});

t.test("nothing of a picture is left after a look for an upright face", async (t) => {
  const shown = new Set<Pixels>();
  const noting: LoadNetwork = async (bytes, input, outputs) => {
    const network = await loadOnnx(bytes, input, outputs);
    const run = (pixels: Pixels) => {
      shown.add(pixels);
      return network.run(pixels);
    };
    return { ...network, run };
  };
  await using noted = await load(await readPack(SHIPPED_PACK), noting);
  t.equal(await noted.seesUprightFace(await picture("franck_02221.jpg")), true);
  t.equal(shown.size, 2, "detector and landmarks");
  for (const pixels of shown) t.ok(pixels.every((value) => value === 0));
});
