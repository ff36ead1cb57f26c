import type { Progress } from "../../../cli/console/progress.ts";
import type { Side } from "../../../device/session/challenge.ts";
import type { Rules } from "../../../device/session/decision.ts";
import { DriverError } from "../../../drivers/errors.ts";
import { filmFrames } from "../../../drivers/film/ffmpeg.ts";
import { openJpeg } from "../../../drivers/image/pixels.ts";
import type { Template } from "../../../models/embedding/embedder.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { chooseThreshold } from "../../../models/pack/threshold.ts";
import { loadNetworks, type Networks } from "../../../models/pipeline/networks.ts";
import type { Observation } from "../../../models/pipeline/observation.ts";
import { load, type Recognizer } from "../../../models/pipeline/recognizer.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import type { Assurance } from "../../../protocol/messages/contract.ts";
import type { PictureProblem } from "../report.ts";
import { answering, type Cut, toAndFro } from "./answering.ts";
import { isBonaFide, type LabelledFilm } from "./film-list.ts";
import { decideOn, observeFilm, type PlayedAttempt, playAttempt } from "./play.ts";
import { referenceOf } from "./reference.ts";
import { canAnswer, findTurns, type Turn, usableYaw } from "./turns.ts";

/** One attempt of one film. */
export interface FilmAttempt extends PlayedAttempt {
  readonly film: LabelledFilm;
  readonly fromSeconds: number;
  /** The sides that the device would ask for. */
  readonly sides: readonly Side[];
}

export interface FilmOptions {
  readonly pack: string;
  readonly assurance: Assurance;
  /** Whether each attack meets every pair of sides of high assurance, not only a random one. */
  readonly everySide: boolean;
  /**
   * Whether genuine films are cut to follow the device's requests, once for each choice of sides. Attacks, and films without a
   * turn to each side, are left out.
   */
  readonly answer: boolean;
  readonly signal: AbortSignal;
  readonly progress: (total: number) => Progress;
}

export interface FilmsPlayed {
  readonly attempts: readonly FilmAttempt[];
  /** Films without a frame that can be a reference photo. */
  readonly withoutReference: readonly string[];
  /** Films that could not be played, or whose person's live film could not, and why. */
  readonly unplayable: readonly PictureProblem[];
  /** The turns of each genuine film, if films are cut. */
  readonly turns: readonly FilmTurns[];
  /** Set if it was interrupted: the number of films played. */
  readonly partial?: { readonly looked: number; readonly of: number };
}

export interface FilmTurns {
  readonly film: LabelledFilm;
  readonly turns: readonly Turn[];
}

/** The frame rate of a board under load. */
export const FRAMES_PER_SECOND = 10;
/** The time of an attempt: the device's default, and what the contract advises for `high`. */
export const TIMEOUT_MS: Readonly<Record<Assurance, number>> = { standard: 10_000, high: 20_000 };
const SECONDS_AT_MOST = 40;
/** The interval between the starts of attempts in a film, and the least time that must remain after a start. */
const EVERY_SECONDS = 5;
const LEFT_SECONDS = 4;

const PIXELS_AT_MOST = 2e7;

/** The inputs that all attempts share. */
interface Stage {
  readonly recognizer: Recognizer;
  readonly rules: Rules;
  readonly timeoutMs: number;
  readonly framesPerSecond: number;
  readonly options: FilmOptions;
}

/** A film with its reference photo. */
export interface OpenedFilm {
  readonly film: LabelledFilm;
  readonly frames: readonly Uint8Array[];
  readonly template: Template;
}

/**
 * Plays every film through the device's own decision. Throws ModelError if the pack cannot be used, and DriverError if none of the
 * films can be played.
 */
export async function playFilms(films: readonly LabelledFilm[], options: FilmOptions): Promise<FilmsPlayed> {
  const pack = await readPack(options.pack);
  await using recognizer = await load(pack, loadOnnx);
  await using networks = await loadNetworks(pack, loadOnnx);
  const { bonaFideAtLeast, attackBelow } = pack.manifest.liveness;
  const threshold = chooseThreshold(pack.manifest.thresholds, 1e-3).similarity;
  const stage = {
    recognizer,
    rules: { threshold, bonaFideAtLeast, attackBelow, assurance: options.assurance },
    timeoutMs: TIMEOUT_MS[options.assurance],
    framesPerSecond: FRAMES_PER_SECOND,
    options,
  };
  const results: Results = { attempts: [], withoutReference: [], unplayable: [], turns: [] };
  const played = options.answer ? films.filter(isBonaFide) : films;
  const looked = await playEach(played, { ...stage, networks, films }, results);
  return { ...results, ...(looked < played.length ? { partial: { looked, of: played.length } } : {}) };
}

/** The results so far. */
interface Results {
  readonly attempts: FilmAttempt[];
  readonly withoutReference: string[];
  readonly unplayable: PictureProblem[];
  readonly turns: FilmTurns[];
}

/** All films are the source of references. */
type StageWithFilms = Stage & { readonly networks: Networks; readonly films: readonly LabelledFilm[] };

/** Plays until it is interrupted, and returns the number of films. One that cannot be played does not stop the others. */
async function playEach(played: readonly LabelledFilm[], stage: StageWithFilms, results: Results): Promise<number> {
  const { signal, progress: openProgress } = stage.options;
  const progress = openProgress(played.length);
  for (const [i, film] of played.entries()) {
    if (signal.aborted) return i;
    try {
      await playOne(film, stage, results);
    } catch (error) {
      if (!(error instanceof DriverError) || results.unplayable.length + 1 === played.length) throw error;
      results.unplayable.push({ path: film.name, problem: error.message });
    }
    progress(i + 1, played.length);
  }
  return played.length;
}

async function playOne(film: LabelledFilm, stage: StageWithFilms, results: Results): Promise<void> {
  const { recognizer, networks, films, options } = stage;
  const opened = await openFilm(networks, recognizer, films, film);
  if (!opened) results.withoutReference.push(film.name);
  else if (options.answer) {
    const { turns } = await cutOf(recognizer, opened);
    results.turns.push({ film, turns });
    if (canAnswer(turns)) results.attempts.push(...(await answered(stage, opened, { turns })));
  } else results.attempts.push(...(await inOwnTime(stage, opened)));
}

/** Opens a film with a reference photo of its person; undefined if no frame of this person can be a reference photo. */
export async function openFilm(
  networks: Networks,
  recognizer: Recognizer,
  films: readonly LabelledFilm[],
  film: LabelledFilm,
): Promise<OpenedFilm | undefined> {
  const frames = await framesOf(film);
  const template = await referenceOf(networks, recognizer, await referenceFrames(films, film, frames));
  return template && { film, frames, template };
}

async function inOwnTime(stage: Stage, opened: OpenedFilm): Promise<readonly FilmAttempt[]> {
  const { rules, options } = stage;
  const attempts: FilmAttempt[] = [];
  for (const from of startsOf(opened.frames.length)) {
    if (options.everySide && !isBonaFide(opened.film)) {
      attempts.push(...(await onEverySide(stage, opened, from)));
      continue;
    }
    const asking = {
      ...rules,
      challenge: { policy: "if_needed", sides: sidesOf(opened.film, from, options) },
    } as const;
    const seen = await playAttempt(fromOn(opened, from), opened.template, { ...stage, rules: asking });
    attempts.push(attemptOf(seen, opened, from, asking.challenge.sides));
  }
  return attempts;
}

function attemptOf(seen: PlayedAttempt, { film }: OpenedFilm, from: number, sides: readonly Side[]): FilmAttempt {
  return { ...seen, film, sides, fromSeconds: from / FRAMES_PER_SECOND };
}

/**
 * Gives the frames from one on. A film that ends early plays backwards and forwards again, so that there is no jump and no new
 * person.
 */
function* fromOn({ frames }: Pick<OpenedFilm, "frames">, from: number): Generator<Uint8Array> {
  if (frames.length === 0) return;
  for (const at of toAndFro(from, [0, frames.length - 1])) yield frames[at] as Uint8Array;
}

/** The sides that the device may draw at random, by assurance. */
const DRAWN: Readonly<Record<Assurance, readonly (readonly Side[])[]>> = {
  standard: [["left"], ["right"]],
  high: [
    ["left", "left"],
    ["left", "right"],
    ["right", "left"],
    ["right", "right"],
  ],
};

/**
 * Plays one film against each pair of sides. The film cannot follow requests, so its frames are observed once and only the
 * decision is repeated.
 */
async function onEverySide(stage: Stage, opened: OpenedFilm, from: number): Promise<readonly FilmAttempt[]> {
  const seen = await observeFilm(fromOn(opened, from), opened.template, stage);
  return DRAWN.high.map((sides) => {
    const asking = { ...stage.rules, assurance: "high", challenge: { policy: "always", sides } } as const;
    return attemptOf(decideOn(seen, asking, FRAMES_PER_SECOND), opened, from, sides);
  });
}

/** Finds the turns of a film by the head pose that the device measures. */
async function cutOf(recognizer: Recognizer, { template, frames }: OpenedFilm) {
  using tracker = recognizer.track(template);
  const seen: Observation[] = [];
  for (const jpeg of frames) seen.push(await tracker.observe(openJpeg(jpeg, PIXELS_AT_MOST), "signs"));
  return { turns: findTurns(seen.map(usableYaw)) };
}

/** Plays one cut film for each choice of sides, because each request changes the following frames. */
async function answered(stage: Stage, opened: OpenedFilm, cut: Pick<Cut, "turns">): Promise<readonly FilmAttempt[]> {
  const attempts: FilmAttempt[] = [];
  for (const [draw, from] of startsOf(opened.frames.length).entries()) {
    for (const sides of DRAWN[stage.options.assurance]) {
      const { frames, hear } = answering({ ...cut, frames: opened.frames, from, draw });
      const rules = { ...stage.rules, challenge: { policy: "if_needed", sides } } as const;
      const seen = await playAttempt(frames, opened.template, { ...stage, rules, hear });
      attempts.push(attemptOf(seen, opened, from, sides));
    }
  }
  return attempts;
}

/** Pseudo-random sides. The same attempt always gets the same sides, so that a measurement can be repeated. */
function sidesOf({ name }: LabelledFilm, from: number, { assurance }: FilmOptions): readonly Side[] {
  const drawn = digestOf(`${name} ${from}`);
  const sides = [drawn & 1, drawn & 2].map((bit): Side => (bit === 0 ? "left" : "right"));
  return sides.slice(0, assurance === "high" ? 2 : 1);
}

/** The hash of Fowler, Noll and Vo (FNV-1a), without its lowest bits. */
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

/** The frames for the reference photo. An attack uses a live film of the person that it shows, if there is one. */
async function referenceFrames(films: readonly LabelledFilm[], film: LabelledFilm, own: readonly Uint8Array[]) {
  if (isBonaFide(film)) return own;
  const live = films.find((other) => isBonaFide(other) && other.person === film.person);
  return live ? framesOf(live) : own;
}
