import { z } from "zod";

/** Three corners of a surface: places of their points (in threes of coordinates) and of their texture (in twos). */
export interface Triangle {
  readonly points: readonly [number, number, number];
  readonly textured: readonly [number, number, number];
  readonly material: number;
}

/** A surface: coordinates in threes (x right, y up, z to the front, decimetres), texture places in twos, 0…1. */
export interface Mesh {
  readonly vertices: Float32Array;
  readonly uvs: Float32Array;
  readonly triangles: readonly Triangle[];
}

/** A surface on a body, MakeHuman's proxy: each point hangs on three points of the body. */
export interface Attachment extends Mesh {
  readonly anchors: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  readonly offsets: readonly (readonly number[])[];
}

const numbers = z.array(z.number());
const meshSchema = z.object({ vertices: numbers, uvs: z.array(numbers).min(1), faces: numbers });
const attachmentSchema = meshSchema.extend({
  ref_vIdxs: z.array(numbers),
  weights: z.array(numbers),
  offsets: z.array(numbers),
});

/** What the bits of a face's first number say that follows it: three.js' JSON model format 3.1. */
const QUAD = 1;
const MATERIAL = 2;
const FACE_UV = 4;
const VERTEX_UV = 8;
const FACE_NORMAL = 16;
const VERTEX_NORMAL = 32;
const FACE_COLOUR = 64;
const VERTEX_COLOUR = 128;

/** Reads a mesh in three.js' JSON model format 3.1. Throws ZodError when it is none. */
export function readMesh(json: unknown): Mesh {
  return meshOf(meshSchema.parse(json));
}

/** Reads what MakeHuman puts on a body (hair, eyes, brows): a mesh and where each of its points hangs. Throws ZodError. */
export function readAttachment(json: unknown): Attachment {
  const { ref_vIdxs: anchors, weights, offsets, ...mesh } = attachmentSchema.parse(json);
  return { ...meshOf(mesh), anchors, weights, offsets };
}

function meshOf({ vertices, uvs, faces }: z.infer<typeof meshSchema>): Mesh {
  return {
    vertices: Float32Array.from(vertices),
    uvs: Float32Array.from(uvs[0] ?? []),
    triangles: trianglesOf(faces),
  };
}

function trianglesOf(faces: readonly number[]): readonly Triangle[] {
  const triangles: Triangle[] = [];
  for (let at = 0; at < faces.length; ) {
    const face = readFace(faces, at);
    for (let last = 2; last < face.points.length; last++) {
      const [points, textured] = [cornersOf(face.points, last), cornersOf(face.textured, last)];
      triangles.push({ points, textured, material: face.material });
    }
    at = face.end;
  }
  return triangles;
}

/** One face of three or four corners, and where the next one begins. */
function readFace(faces: readonly number[], start: number) {
  const bits = faces[start] ?? 0;
  const corners = bits & QUAD ? 4 : 3;
  let end = start + 1;
  const take = (bit: number, count: number): readonly number[] => {
    if ((bits & bit) !== bit) return [];
    end += count;
    return faces.slice(end - count, end);
  };
  const points = take(0, corners);
  const [material = 0] = take(MATERIAL, 1);
  take(FACE_UV, 1);
  const textured = take(VERTEX_UV, corners);
  take(FACE_NORMAL, 1);
  take(VERTEX_NORMAL, corners);
  take(FACE_COLOUR, 1);
  take(VERTEX_COLOUR, corners);
  return { points, material, textured, end };
}

function cornersOf(all: readonly number[], last: number): readonly [number, number, number] {
  return [all[0] ?? 0, all[last - 1] ?? 0, all[last] ?? 0];
}

/** Where the points of an attachment are when its body has these coordinates. */
export function fit({ anchors, weights, offsets }: Attachment, body: Float32Array): Float32Array {
  const fitted = new Float32Array(anchors.length * 3);
  for (const [i, points] of anchors.entries()) {
    for (let axis = 0; axis < 3; axis++) {
      let sum = offsets[i]?.[axis] ?? 0;
      for (const [k, point] of points.entries()) sum += (weights[i]?.[k] ?? 0) * (body[point * 3 + axis] ?? 0);
      fitted[i * 3 + axis] = sum;
    }
  }
  return fitted;
}

/** A surface's directions at its points, of length 1, in threes: the mean over the triangles about each. */
export function normalsOf(vertices: Float32Array, triangles: readonly Triangle[]): Float32Array {
  const normals = new Float32Array(vertices.length);
  for (const { points } of triangles) {
    const normal = cross(vertices, points);
    for (const point of points) {
      const at = point * 3;
      normals.set(
        [0, 1, 2].map((axis) => (normals[at + axis] ?? 0) + (normal[axis] ?? 0)),
        at,
      );
    }
  }
  for (let at = 0; at < normals.length; at += 3) {
    const normal = normals.subarray(at, at + 3);
    const length = Math.hypot(...normal) || 1;
    normals.set(
      normal.map((value) => value / length),
      at,
    );
  }
  return normals;
}

function cross(vertices: Float32Array, [a, b, c]: Triangle["points"]): readonly number[] {
  const edge = (to: number, axis: number) => (vertices[to * 3 + axis] ?? 0) - (vertices[a * 3 + axis] ?? 0);
  const product = (one: number, two: number) => edge(b, one) * edge(c, two) - edge(b, two) * edge(c, one);
  return [product(1, 2), product(2, 0), product(0, 1)];
}
