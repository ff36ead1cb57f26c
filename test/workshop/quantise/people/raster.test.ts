import t from "tap";
import type { Image } from "../../../../models/imaging/image.ts";
import { type Camera, drawLayers, type Layer } from "../../../../workshop/quantise/people/raster.ts";
import { type Colour, type Light, sample, shade } from "../../../../workshop/quantise/people/shade.ts";

const SIDE = 20;
/** A decimetre is a tenth of the picture, and so far away that depth changes no size. */
const CAMERA: Camera = { yaw: 0, pitch: 0, roll: 0, distance: 1e9, centre: [0, 0, 0], scale: 0.1 };
/** Everything is lit as it is coloured: squared and rooted again. */
const LIGHT: Light = {
  lamps: [{ from: [0, 0, 1], colour: [1, 1, 1] }],
  ...{ ambient: 0, above: [0, 0, 0], below: [0, 0, 0], aslant: 0 },
};

/** A square of two triangles, four decimetres wide, at a depth; it faces the camera unless told otherwise. */
function square(depth: number, tint: Colour, more: Partial<Layer> & { readonly away?: boolean } = {}): Layer {
  const { away = false, ...rest } = more;
  const facing = away ? -1 : 1;
  return {
    vertices: Float32Array.from([...[-2, -2, depth], ...[2, -2, depth], ...[2, 2, depth], ...[-2, 2, depth]]),
    normals: Float32Array.from([0, 1, 2, 3].flatMap(() => [0, 0, facing])),
    triangles: (
      [
        [0, 1, 2],
        [0, 2, 3],
      ] as const
    ).map(([a, b, c]) => {
      const points = away ? ([a, c, b] as const) : ([a, b, c] as const);
      return { points, textured: points, material: 0 };
    }),
    uvs: Float32Array.from([0, 0, 1, 0, 1, 1, 0, 1]),
    texture: { width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(255) },
    ...{ tint, gloss: 0, shine: 1 },
    ...rest,
  };
}

const RED: Colour = [0.8, 0, 0];
const BLUE: Colour = [0, 0, 0.6];

const pixel = ({ data }: Image, x: number, y: number) => [...data.subarray((y * SIDE + x) * 3, (y * SIDE + x) * 3 + 3)];

t.test("a square covers its place in its colour, and nothing else", async (t) => {
  const picture = drawLayers([square(0, RED)], CAMERA, LIGHT, SIDE);
  let covered = 0;
  for (let i = 0; i < picture.data.length; i += 3) if ((picture.data[i] ?? 0) > 0) covered++;
  t.ok(Math.abs(covered - 64) <= 17, `${covered} of 64 pixels, and an edge`);
  t.same(pixel(picture, 10, 10), [204, 0, 0]);
  t.same(pixel(picture, 2, 10), [0, 0, 0]);
});

t.test("what is behind is hidden in whatever order it is drawn, and so is a back", async (t) => {
  const [near, far] = [square(1, RED), square(-1, BLUE)];
  t.same(pixel(drawLayers([near, far], CAMERA, LIGHT, SIDE), 10, 10), [204, 0, 0]);
  t.same(pixel(drawLayers([far, near], CAMERA, LIGHT, SIDE), 10, 10), [204, 0, 0]);
  t.same(pixel(drawLayers([square(0, RED, { away: true })], CAMERA, LIGHT, SIDE), 10, 10), [0, 0, 0]);
});

t.test("hair lets through what is behind it, and is seen from its back", async (t) => {
  const half = {
    width: 2,
    height: 2,
    channels: 4,
    data: Uint8Array.from([0, 1, 2, 3].flatMap(() => [255, 255, 255, 102])),
  };
  const hair = square(1, BLUE, { texture: half, density: 1, away: true });
  const [red = 0, , blue = 0] = pixel(drawLayers([square(0, RED), hair], CAMERA, LIGHT, SIDE), 8, 8);
  t.ok(Math.abs(red - 204 * 0.6) <= 2, `${red}`);
  t.ok(Math.abs(blue - 153 * 0.4) <= 2, `${blue}`);
});

t.test("a camera turned by a right angle sees a square from its edge: nothing", async (t) => {
  const aside = drawLayers([square(0, RED)], { ...CAMERA, yaw: Math.PI / 2 }, LIGHT, SIDE);
  t.ok(aside.data.every((value) => value === 0));
});

t.test("textures are mixed between their pixels, and a surface darkens as it turns from the lamp", async (t) => {
  const row = [0, 0, 0, 255, 255, 255];
  const texture = { width: 2, height: 2, channels: 3, data: Uint8Array.from([...row, ...row]) };
  t.ok(Math.abs(sample(texture, 0.5, 0.5)[0] - 0.5) < 0.01);
  const gloss = { gloss: 0, shine: 1 };
  const at = (degrees: number) => {
    const angle = (degrees * Math.PI) / 180;
    return shade([1, 1, 1], [Math.sin(angle), 0, Math.cos(angle)], gloss, LIGHT);
  };
  t.ok(at(0)[1] > at(60)[1] && at(60)[1] > at(90)[1] && at(90)[0] > at(90)[1], "and red light goes around the edge");
  t.same(at(180), [0, 0, 0]);
});
