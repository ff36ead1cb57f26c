import type { Progress } from "../../../cli/console/progress.ts";
import { CHIP_SIZE } from "../../../cli/demo/chip.ts";
import type { Side } from "../../../device/session/challenge.ts";
import type { Rules } from "../../../device/session/decision.ts";
import { filmFrames } from "../../../drivers/film/ffmpeg.ts";
import { decodeJpeg, encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { type Landmarks, leftEye, rightEye } from "../../../models/detection/landmarks.ts";
import type { Template } from "../../../models/embedding/embedder.ts";
import type { Box, Image } from "../../../models/imaging/image.ts";
import { resample } from "../../../models/imaging/resize.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { chooseThreshold } from "../../../models/pack/threshold.ts";
import { analyseFace, findSubject } from "../../../models/pipeline/face-analysis.ts";
import { loadNetworks, type Networks } from "../../../models/pipeline/networks.ts";
import { load, type Recognizer } from "../../../models/pipeline/recognizer.ts";
import { LIVE_PROFILE } from "../../../models/quality/profile.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import type { Assurance } from "../../../protocol/messages/contract.ts";
import { isBonaFide, type LabelledFilm } from "./film-list.ts";
import { decideOn, observeFilm, type PlayedAttempt, playAttempt } from "./play.ts";

/** One attempt of one film. */
export interface FilmAttempt extends PlayedAttempt {
  readonly film: LabelledFilm;
  readonly fromSeconds: number;
}

export interface FilmOptions {
  readonly pack: string;
  readonly assurance: Assurance;
  /** Every attack is held against each pair of sides that high assurance may draw, not against one of them. */
  readonly everySide: boolean;
  readonly signal: AbortSignal;
  readonly progress: (total: number) => Progress;
}

export interface FilmsPlayed {
  readonly attempts: readonly FilmAttempt[];
  /** Films of which no frame could be a reference photo. */
  readonly withoutReference: readonly string[];
}

/** The pace of a board under load. */
const FRAMES_PER_SECOND = 10;
const TIMEOUT_MS = 10_000;
const SECONDS_AT_MOST = 40;
/** An attempt begins every so many seconds of a film, while so much of it is left. */
const EVERY_SECONDS = 5;
const LEFT_SECONDS = 4;

/** Plays every film through the device's own decision. Throws ModelError when the pack cannot be used. */
export async function playFilms(films: readonly LabelledFilm[], options: FilmOptions): Promise<FilmsPlayed> {
  const pack = await readPack(options.pack);
  await using recognizer = await load(pack, loadOnnx);
  await using networks = await loadNetworks(pack, loadOnnx);
  const { bonaFideAtLeast, attackBelow } = pack.manifest.liveness;
  const threshold = chooseThreshold(pack.manifest.thresholds, 1e-3).similarity;
  const rules = { threshold, bonaFideAtLeast, attackBelow, assurance: options.assurance };
  const [attempts, withoutReference]: [FilmAttempt[], string[]] = [[], []];
  const progress = options.progress(films.length);
  for (const [i, film] of films.entries()) {
    if (options.signal.aborted) break;
    const frames = await framesOf(film);
    const photo = await referenceOf(networks, recognizer, await referenceFrames(films, film, frames));
    if (!photo) withoutReference.push(film.name);
    for (const from of photo ? startsOf(frames.length) : []) {
      if (options.everySide && !isBonaFide(film)) {
        attempts.push(...(await onEverySide(recognizer, photo as Template, film, frames, from, rules)));
        continue;
      }
      const seeded = { ...rules, challenge: { policy: "if_needed", sides: sidesOf(film, from, options) } } as const;
      attempts.push(await attempt(recognizer, photo as Template, film, frames, from, seeded));
    }
    progress(i + 1, films.length);
  }
  return { attempts, withoutReference };
}

async function attempt(
  recognizer: Recognizer,
  template: Template,
  film: LabelledFilm,
  frames: readonly Uint8Array[],
  from: number,
  rules: Rules,
): Promise<FilmAttempt> {
  const options = { recognizer, rules, framesPerSecond: FRAMES_PER_SECOND, timeoutMs: TIMEOUT_MS };
  const played = await playAttempt(toAndFro(frames, from), template, options);
  return { ...played, film, fromSeconds: from / FRAMES_PER_SECOND };
}

const TWO_TURNS: readonly (readonly Side[])[] = [
  ["left", "left"],
  ["left", "right"],
  ["right", "left"],
  ["right", "right"],
];

/** One film against each pair of sides that can be drawn: it cannot answer, so it is looked at once, and decided on again. */
async function onEverySide(
  recognizer: Recognizer,
  template: Template,
  film: LabelledFilm,
  frames: readonly Uint8Array[],
  from: number,
  rules: Rules,
): Promise<readonly FilmAttempt[]> {
  const options = { recognizer, framesPerSecond: FRAMES_PER_SECOND, timeoutMs: TIMEOUT_MS };
  const seen = await observeFilm(toAndFro(frames, from), template, options);
  return TWO_TURNS.map((sides) => {
    const asking = { ...rules, assurance: "high", challenge: { policy: "always", sides } } as const;
    return { ...decideOn(seen, asking, FRAMES_PER_SECOND), film, fromSeconds: from / FRAMES_PER_SECOND };
  });
}

/** Sides drawn by lot, the same ones for the same attempt, so that a figure can be had again. */
function sidesOf({ name }: LabelledFilm, from: number, { assurance }: FilmOptions): readonly Side[] {
  const drawn = digestOf(`${name} ${from}`);
  const sides = [drawn & 1, drawn & 2].map((bit): Side => (bit === 0 ? "left" : "right"));
  return sides.slice(0, assurance === "high" ? 2 : 1);
}

/** Fowler, Noll and Vo's hash. */
export function digestOf(text: string): number {
  return (
    [...text].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 16_777_619) >>> 0, 2_166_136_261) >>> 8
  );
}

async function framesOf({ file }: LabelledFilm): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const jpeg of filmFrames(file, FRAMES_PER_SECOND)) {
    if (all.push(jpeg) >= SECONDS_AT_MOST * FRAMES_PER_SECOND) break;
  }
  return all;
}

function startsOf(frames: number): readonly number[] {
  const step = EVERY_SECONDS * FRAMES_PER_SECOND;
  const last = frames - LEFT_SECONDS * FRAMES_PER_SECOND;
  return Array.from({ length: Math.max(1, Math.floor(last / step) + 1) }, (_, i) => i * step);
}

/** A film that ends before the time does is played backwards, and forwards again: no jump, and nobody new. */
function* toAndFro(frames: readonly Uint8Array[], from: number): Generator<Uint8Array> {
  for (let at = from, step = 1; frames.length > 0; ) {
    yield frames[at] as Uint8Array;
    if (at + step < 0 || at + step >= frames.length) step = -step;
    at = Math.min(frames.length - 1, Math.max(0, at + step));
  }
}

/** An attack is held against a photo of the person that it shows, from a live film where there is one. */
async function referenceFrames(films: readonly LabelledFilm[], film: LabelledFilm, own: readonly Uint8Array[]) {
  if (isBonaFide(film)) return own;
  const live = films.find((other) => isBonaFide(other) && other.person === film.person);
  return live ? framesOf(live) : own;
}

const EYES_ON_CHIP = { x: CHIP_SIZE.width / 2, y: 50, distance: 26 };
const LOOKED_AT_EVERY = 5;

/** The most frontal frame as an ID card's chip would hold it: eyes 26 pixels apart on 102×126. */
async function referenceOf(networks: Networks, recognizer: Recognizer, frames: readonly Uint8Array[]) {
  let best: { readonly yaw: number; readonly chip: Uint8Array } | undefined;
  for (let i = 0; i < frames.length; i += LOOKED_AT_EVERY) {
    const picture = decodeJpeg(frames[i] as Uint8Array, 2e7);
    const presence = await findSubject(networks, picture, [0, 0.5]);
    if (presence.kind !== "one") continue;
    const { landmarks, quality, defects } = await analyseFace(networks, picture, presence.face, LIVE_PROFILE);
    const yaw = Math.abs(quality.headPoseYawDegrees) + (defects.length > 0 ? 90 : 0);
    if (!best || yaw < best.yaw) best = { yaw, chip: chipOf(picture, landmarks) };
  }
  if (!best) return undefined;
  const enrolment = await recognizer.enrol(decodeJpeg(best.chip, 1e6));
  return enrolment.kind === "enrolled" ? enrolment.template : undefined;
}

function chipOf(picture: Image, landmarks: Landmarks): Uint8Array {
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  const scale = Math.hypot(right.x - left.x, right.y - left.y) / EYES_ON_CHIP.distance;
  const region: Box = {
    x: (left.x + right.x) / 2 - EYES_ON_CHIP.x * scale,
    y: (left.y + right.y) / 2 - EYES_ON_CHIP.y * scale,
    width: CHIP_SIZE.width * scale,
    height: CHIP_SIZE.height * scale,
  };
  return encodeJpeg(resample(picture, region, CHIP_SIZE.width, CHIP_SIZE.height), 70);
}
