import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { tryView } from "../../../device/doctor/view-check.ts";
import { type RotateChoice, readCamera } from "../../../device/settings/hardware-parsers.ts";
import { filmFrames } from "../../../drivers/film/ffmpeg.ts";
import { encodeJpeg } from "../../../drivers/image/jpeg.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { CONDITIONS, type Condition, type Scene } from "../../support/conditions.ts";
import { startShippedInference } from "../../support/film-session.ts";
import { scenesOf } from "../../support/hint-table.ts";
import { media } from "../../support/media.ts";
import { shippedNetworks } from "../../support/pack.ts";

const inference = await startShippedInference();
t.teardown(() => inference[Symbol.asyncDispose]());

async function firstScene(): Promise<Scene> {
  await using networks = await shippedNetworks();
  for await (const jpeg of filmFrames(media.path("franck.mp4"), 2)) {
    const [scene] = await scenesOf(networks, [jpeg], [], 400);
    if (scene) return scene;
  }
  throw new Error("the film has no face");
}

const scene = await firstScene();
const folder = t.testdir({});

/** What the doctor finds when the camera sees nothing but this picture. */
function viewOf(name: string, picture: Image, rotate: RotateChoice = "auto") {
  const film = join(folder, name);
  mkdirSync(film, { recursive: true });
  writeFileSync(join(film, "1.jpg"), encodeJpeg(picture, 90));
  const read = readCamera(`film:${film}?pace=fast&fps=120&rotate=${rotate}`);
  if ("must" in read) throw new Error(read.must);
  return tryView(read.value, inference);
}

const black = { ...scene.picture, data: new Uint8Array(scene.picture.data.length) };

/** The film of one man as other cameras would see him. */
const SEEN: readonly (readonly [Condition, RegExp, RegExp])[] = [
  ["off_to_the_side", /off-aim/, /Turn the camera/],
  ["far", /too small.*eyes 1\d pixels apart/, /nearer/],
  ["blurred", /out of focus/, /clean the lens/],
];

t.test("a picture that is right is said to be, with its numbers", async (t) => {
  t.match(await viewOf("right", scene.picture), { level: "ok", found: /one face.*eyes \d\d pixels/, next: "" });
});

t.test("black, off-aim, tiny, blurred: each is named, with what to do", async (t) => {
  t.match(await viewOf("black", black), { level: "warn", found: /^too dark/, next: /light/ });
  for (const [condition, found, next] of SEEN) {
    t.match(await viewOf(condition, CONDITIONS[condition](scene)), { level: "warn", found, next }, condition);
  }
});

t.test("a camera on its side: set right by itself, or named where a rotation is set", async (t) => {
  const sideways = CONDITIONS.turned_90(scene);
  t.match(await viewOf("auto", sideways), { level: "ok", found: /turned by 270°, which is set right/ });
  const set = await viewOf("set", sideways, 0);
  t.match(set, { level: "warn", found: /turned by 270°/, next: /rotate=270 or rotate=auto/ });
});
