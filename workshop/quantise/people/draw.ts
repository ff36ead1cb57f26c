import type { Image } from "../../../models/imaging/image.ts";
import { type Attachment, fit, type Mesh, normalsOf } from "./mesh.ts";
import { bend, type Morphs, type Shape } from "./morphs.ts";
import { drawLayers, type Layer } from "./raster.ts";
import type { Scene } from "./scene.ts";
import type { Colour, Texture } from "./shade.ts";

/** What people are drawn of. */
export interface Studio {
  readonly body: Mesh;
  readonly morphs: Morphs;
  readonly eyes: Attachment;
  readonly lashes: Attachment;
}

/** Something worn, with the image that covers it. */
export interface Worn {
  readonly mesh: Attachment;
  readonly texture: Texture;
}

/** How somebody looks. Tints are shares, 0…1. */
export interface Look {
  readonly skin: Texture;
  readonly iris: Texture;
  readonly lashes: Texture;
  readonly brows: Worn;
  readonly hair: Worn;
  readonly hairColour: Colour;
}

/** The pictures' width and height. */
export const SIDE_PIXELS = 224;

const WHITE: Colour = [1, 1, 1];
const DARK: Colour = [0.3, 0.3, 0.3];
/** The head's middle is so far below and behind the eyes, in decimetres. */
const BELOW_EYES = 0.25;
const BEHIND_EYES = 0.8;

/** Draws a person of this shape and look in a scene. Pure. */
export function drawPerson(studio: Studio, shape: Shape, look: Look, { camera, light }: Scene): Image {
  const body = bend(studio.body.vertices, studio.morphs, shape);
  const wear = (mesh: Attachment, texture: Texture, tint: Colour, more: Partial<Layer>) =>
    layerOf(mesh, fit(mesh, body), { texture, tint, density: 1, ...more });
  const skin = { triangles: studio.body.triangles.filter(({ material }) => material === 0), uvs: studio.body.uvs };
  const layers = [
    layerOf(skin, body, { texture: look.skin, tint: WHITE, gloss: 0.04, shine: 14 }),
    wear(studio.eyes, look.iris, WHITE, { gloss: 0.1, shine: 60 }),
    wear(look.brows.mesh, look.brows.texture, look.hairColour, { density: 1.2 }),
    wear(studio.lashes, look.lashes, DARK, { density: 0.6 }),
    wear(look.hair.mesh, look.hair.texture, look.hairColour, { gloss: 0.03, density: 1.3 }),
  ];
  const centre = middleOf(fit(studio.eyes, body));
  return drawLayers(layers, { ...camera, centre }, light, SIDE_PIXELS);
}

function layerOf(
  { triangles, uvs }: Pick<Mesh, "triangles" | "uvs">,
  vertices: Float32Array,
  how: Pick<Layer, "texture" | "tint"> & Partial<Layer>,
): Layer {
  return { vertices, normals: normalsOf(vertices, triangles), triangles, uvs, gloss: 0.02, shine: 18, ...how };
}

function middleOf(eyes: Float32Array): readonly [number, number, number] {
  const mean = (axis: number) =>
    eyes.reduce((sum, value, i) => (i % 3 === axis ? sum + value : sum), 0) / (eyes.length / 3);
  return [mean(0), mean(1) - BELOW_EYES, mean(2) - BEHIND_EYES];
}
