import type { Image } from "../../../models/imaging/image.ts";
import type { Triangle } from "./mesh.ts";
import { type Colour, type Direction, type Gloss, type Light, sample, shade, type Texture } from "./shade.ts";

/** A surface ready to be drawn. Its tint is a share of each colour, 0…1. */
export interface Layer extends Gloss {
  readonly vertices: Float32Array;
  readonly normals: Float32Array;
  readonly triangles: readonly Triangle[];
  readonly uvs: Float32Array;
  readonly texture: Texture;
  readonly tint: Colour;
  /** How much denser its alpha is; undefined: nothing shows through, and its back is not seen. */
  readonly density?: number | undefined;
}

/** Where a camera stands: angles in radians, lengths in decimetres; `scale` is a decimetre's share of the picture. */
export interface Camera {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly distance: number;
  readonly centre: Direction;
  readonly scale: number;
}

/** Each pixel is the mean of this many by this many. */
const SAMPLES = 2;
/** A hair, a lash or a brow may lie this far within the skin and is seen. */
const SUNK = 0.002;

interface Field {
  readonly side: number;
  readonly colours: Float32Array;
  readonly depths: Float32Array;
}

/** A surface as the camera sees it: x, y in samples, z towards the camera, in threes; and its directions. */
interface Seen {
  readonly places: Float32Array;
  readonly normals: Float32Array;
}

/** Draws surfaces, the first ones behind the later ones where those let light through; square, `side` pixels. Pure. */
export function drawLayers(layers: readonly Layer[], camera: Camera, light: Light, side: number): Image {
  const field = newField(side * SAMPLES, light);
  for (const layer of layers) drawLayer(field, layer, camera, light);
  return pictureOf(field, side);
}

function newField(side: number, { above, below, aslant }: Light): Field {
  const colours = Float32Array.from({ length: side * side * 3 }, (_, i) => {
    const [down, right] = [Math.floor(i / (side * 3)) / side, (Math.floor(i / 3) % side) / side];
    return (above[i % 3] ?? 0) * (1 - down) + (below[i % 3] ?? 0) * down + aslant * (right - 0.5);
  });
  return { side, colours, depths: new Float32Array(side * side).fill(Number.NEGATIVE_INFINITY) };
}

function drawLayer(field: Field, layer: Layer, camera: Camera, light: Light): void {
  const seen = look(layer, camera, field.side);
  const depth = ({ points }: Triangle) => points.reduce((sum, point) => sum + (seen.places[point * 3 + 2] ?? 0), 0);
  const opaque = layer.density === undefined;
  const triangles = opaque ? layer.triangles : [...layer.triangles].sort((a, b) => depth(a) - depth(b));
  for (const triangle of triangles) fill(field, layer, seen, triangle, light);
}

function look({ vertices, normals }: Layer, camera: Camera, side: number): Seen {
  const seen = { places: new Float32Array(vertices.length), normals: new Float32Array(vertices.length) };
  const turn = turnOf(camera);
  for (let i = 0; i < vertices.length; i += 3) {
    const [x, y, z] = turn(threeOf(vertices, i, camera.centre));
    const scale = (camera.distance / (camera.distance - z)) * camera.scale * side;
    seen.places.set([side / 2 + x * scale, side / 2 - y * scale, z], i);
    seen.normals.set(turn(threeOf(normals, i)), i);
  }
  return seen;
}

function threeOf(numbers: Float32Array, at: number, [x, y, z]: Direction = [0, 0, 0]): Direction {
  return [(numbers[at] as number) - x, (numbers[at + 1] as number) - y, (numbers[at + 2] as number) - z];
}

function turnOf({ yaw, pitch, roll }: Camera): (direction: Direction) => Direction {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const [cr, sr] = [Math.cos(roll), Math.sin(roll)];
  return ([x, y, z]) => {
    const [right, deviceStatus] = [cy * x + sy * z, cy * z - sy * x];
    const [up, near] = [cp * y - sp * deviceStatus, sp * y + cp * deviceStatus];
    return [cr * right - sr * up, sr * right + cr * up, near];
  };
}

/** The shares of a triangle's corners in one sample. */
type Corners = readonly [number, number, number];

function fill(field: Field, layer: Layer, seen: Seen, triangle: Triangle, light: Light): void {
  const places = triangle.points.map((point) => threeOf(seen.places, point * 3)) as [Direction, Direction, Direction];
  const area = twiceArea(...places);
  if (Math.abs(area) < 1e-6 || (layer.density === undefined && area > 0)) return;
  const range = (axis: 0 | 1): readonly [number, number] => {
    const all = places.map((place) => place[axis]);
    return [Math.max(0, Math.ceil(Math.min(...all))), Math.min(field.side - 1, Math.floor(Math.max(...all)))];
  };
  const [[top, bottom], [left, right]] = [range(1), range(0)];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const corners = cornersAt(places, area, x, y);
      if (corners[0] < -1e-4 || corners[1] < -1e-4 || corners[2] < -1e-4) continue;
      paint(field, y * field.side + x, { layer, seen, triangle, corners }, light);
    }
  }
}

function twiceArea(a: Direction, b: Direction, c: Direction): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
}

function cornersAt([a, b, c]: readonly [Direction, Direction, Direction], area: number, x: number, y: number): Corners {
  const first = ((b[0] - x) * (c[1] - y) - (c[0] - x) * (b[1] - y)) / area;
  const second = ((c[0] - x) * (a[1] - y) - (a[0] - x) * (c[1] - y)) / area;
  return [first, second, 1 - first - second];
}

/** One sample of one triangle of a layer. */
interface Sample {
  readonly layer: Layer;
  readonly seen: Seen;
  readonly triangle: Triangle;
  readonly corners: Corners;
}

function paint(field: Field, at: number, { layer, seen, triangle, corners }: Sample, light: Light): void {
  const { density, tint, texture, uvs } = layer;
  const depth = mix(seen.places, triangle.points, corners, 3, 2);
  if (depth < (field.depths[at] as number) - (density === undefined ? 0 : SUNK)) return;
  const u = mix(uvs, triangle.textured, corners, 2, 0);
  const [red, green, blue, alpha] = sample(texture, u, mix(uvs, triangle.textured, corners, 2, 1));
  const share = density === undefined ? 1 : Math.min(1, alpha * density);
  if (share < 0.03) return;
  const normal = directionAt(seen.normals, triangle.points, corners, density !== undefined);
  const shone = shade([red * tint[0], green * tint[1], blue * tint[2]], normal, layer, light);
  for (let k = 0; k < 3; k++) {
    const under = field.colours[at * 3 + k] as number;
    field.colours[at * 3 + k] = under * (1 - share) + share * 255 * Math.min(1, Math.sqrt(shone[k] as number));
  }
  if (share > 0.5) field.depths[at] = depth;
}

/** One number of each corner, `stride` apart and at `offset`, mixed by the corners' shares. */
function mix(
  numbers: Float32Array,
  places: Triangle["points"],
  corners: Corners,
  stride: number,
  offset: number,
): number {
  const corner = (i: 0 | 1 | 2) => corners[i] * (numbers[places[i] * stride + offset] as number);
  return corner(0) + corner(1) + corner(2);
}

/** The direction of the surface in a sample, of length 1. The back of a hair is lit as its front. */
function directionAt(
  normals: Float32Array,
  points: Triangle["points"],
  corners: Corners,
  bothSides: boolean,
): Direction {
  const [x, y, z] = [0, 1, 2].map((axis) => mix(normals, points, corners, 3, axis)) as [number, number, number];
  const length = (Math.hypot(x, y, z) || 1) * (bothSides && z < 0 ? -1 : 1);
  return [x / length, y / length, z / length];
}

function pictureOf({ side, colours }: Field, pixels: number): Image {
  const data = new Uint8Array(pixels * pixels * 3);
  for (let i = 0; i < data.length; i++) {
    const [x, y, k] = [Math.floor(i / 3) % pixels, Math.floor(i / (3 * pixels)), i % 3];
    let sum = 0;
    for (let down = 0; down < SAMPLES; down++) {
      for (let right = 0; right < SAMPLES; right++) {
        sum += colours[((y * SAMPLES + down) * side + x * SAMPLES + right) * 3 + k] as number;
      }
    }
    data[i] = Math.min(255, Math.max(0, sum / SAMPLES ** 2));
  }
  return { width: pixels, height: pixels, data };
}
