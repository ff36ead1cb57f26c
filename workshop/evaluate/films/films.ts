import type { Progress } from "../../../cli/console/progress.ts";
import type { Side } from "../../../device/session/challenge.ts";
import type { Rules } from "../../../device/session/decision.ts";
import { filmFrames } from "../../../drivers/film/ffmpeg.ts";
import { decodeJpeg } from "../../../drivers/image/jpeg.ts";
import type { Template } from "../../../models/embedding/embedder.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { chooseThreshold } from "../../../models/pack/threshold.ts";
import { loadNetworks, type Networks } from "../../../models/pipeline/networks.ts";
import { load, type Recognizer } from "../../../models/pipeline/recognizer.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import type { Assurance } from "../../../protocol/messages/contract.ts";
import { answering, type Cut, toAndFro } from "./answering.ts";
import { isBonaFide, type LabelledFilm } from "./film-list.ts";
import { decideOn, observeFilm, type PlayedAttempt, playAttempt } from "./play.ts";
import { referenceOf } from "./reference.ts";
import { findTurns, type Turn } from "./turns.ts";

/** One attempt of one film. */
export interface FilmAttempt extends PlayedAttempt {
  readonly film: LabelledFilm;
  readonly fromSeconds: number;
  /** What would be asked for. */
  readonly sides: readonly Side[];
}

export interface FilmOptions {
  readonly pack: string;
  readonly assurance: Assurance;
  /** Every attack is held against each pair of sides that high assurance may draw, not against one of them. */
  readonly everySide: boolean;
  /** Genuine films are cut to do what they are asked, each time against all sides that may be drawn; attacks are left out. */
  readonly answer: boolean;
  readonly signal: AbortSignal;
  readonly progress: (total: number) => Progress;
}

export interface FilmsPlayed {
  readonly attempts: readonly FilmAttempt[];
  /** Films of which no frame could be a reference photo. */
  readonly withoutReference: readonly string[];
  /** The turns of each film that was cut to answer. */
  readonly turns: readonly FilmTurns[];
}

export interface FilmTurns {
  readonly film: LabelledFilm;
  readonly turns: readonly Turn[];
}

/** The pace of a board under load. */
export const FRAMES_PER_SECOND = 10;
const TIMEOUT_MS = 10_000;
const SECONDS_AT_MOST = 40;
/** An attempt begins every so many seconds of a film, while so much of it is left. */
const EVERY_SECONDS = 5;
const LEFT_SECONDS = 4;

const PIXELS_AT_MOST = 2e7;

/** What every attempt of a film needs. */
interface Stage {
  readonly recognizer: Recognizer;
  readonly rules: Rules;
  readonly options: FilmOptions;
}

/** A film with the photo that it is held against. */
export interface OpenedFilm {
  readonly film: LabelledFilm;
  readonly frames: readonly Uint8Array[];
  readonly template: Template;
}

/** Plays every film through the device's own decision. Throws ModelError when the pack cannot be used. */
export async function playFilms(films: readonly LabelledFilm[], options: FilmOptions): Promise<FilmsPlayed> {
  const pack = await readPack(options.pack);
  await using recognizer = await load(pack, loadOnnx);
  await using networks = await loadNetworks(pack, loadOnnx);
  const { bonaFideAtLeast, attackBelow } = pack.manifest.liveness;
  const threshold = chooseThreshold(pack.manifest.thresholds, 1e-3).similarity;
  const stage = {
    recognizer,
    rules: { threshold, bonaFideAtLeast, attackBelow, assurance: options.assurance },
    options,
  };
  const [attempts, withoutReference, turns]: [FilmAttempt[], string[], FilmTurns[]] = [[], [], []];
  const played = options.answer ? films.filter(isBonaFide) : films;
  const progress = options.progress(played.length);
  for (const [i, film] of played.entries()) {
    if (options.signal.aborted) break;
    const opened = await openFilm(networks, recognizer, films, film);
    if (!opened) withoutReference.push(film.name);
    else if (options.answer) {
      const cut = await cutOf(recognizer, opened);
      turns.push({ film, turns: cut.turns });
      attempts.push(...(await answered(stage, opened, cut)));
    } else attempts.push(...(await inOwnTime(stage, opened)));
    progress(i + 1, played.length);
  }
  return { attempts, withoutReference, turns };
}

/** A film and a photo of the person that it shows; undefined where no frame of that person can be a reference photo. */
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
    const seen = await playAttempt(fromOn(opened, from), opened.template, { ...TIMING, ...stage, rules: asking });
    attempts.push(attemptOf(seen, opened, from, asking.challenge.sides));
  }
  return attempts;
}

const TIMING = { framesPerSecond: FRAMES_PER_SECOND, timeoutMs: TIMEOUT_MS };

function attemptOf(seen: PlayedAttempt, { film }: OpenedFilm, from: number, sides: readonly Side[]): FilmAttempt {
  return { ...seen, film, sides, fromSeconds: from / FRAMES_PER_SECOND };
}

/** A film that ends before the time does is played backwards, and forwards again: no jump, and nobody new. */
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

/** One film against each pair of sides that can be drawn: it cannot answer, so it is looked at once, and decided on again. */
async function onEverySide(stage: Stage, opened: OpenedFilm, from: number): Promise<readonly FilmAttempt[]> {
  const seen = await observeFilm(fromOn(opened, from), opened.template, { ...TIMING, ...stage });
  return DRAWN.high.map((sides) => {
    const asking = { ...stage.rules, assurance: "high", challenge: { policy: "always", sides } } as const;
    return attemptOf(decideOn(seen, asking, FRAMES_PER_SECOND), opened, from, sides);
  });
}

/** Where a film turns and where it does not, by the head pose that the device sees in it. */
async function cutOf(recognizer: Recognizer, { template, frames }: OpenedFilm) {
  using tracker = recognizer.track(template);
  const yaws: (number | undefined)[] = [];
  for (const jpeg of frames) {
    const seen = await tracker.observe(decodeJpeg(jpeg, PIXELS_AT_MOST), "signs");
    yaws.push("quality" in seen ? seen.quality.headPoseYawDegrees : undefined);
  }
  return { turns: findTurns(yaws) };
}

/** One film against all sides that may be drawn; it is played for each, because what is asked for changes what is seen. */
async function answered(stage: Stage, opened: OpenedFilm, cut: Pick<Cut, "turns">): Promise<readonly FilmAttempt[]> {
  const attempts: FilmAttempt[] = [];
  for (const [draw, from] of startsOf(opened.frames.length).entries()) {
    for (const sides of DRAWN[stage.options.assurance]) {
      const { frames, hear } = answering({ ...cut, frames: opened.frames, from, draw });
      const rules = { ...stage.rules, challenge: { policy: "if_needed", sides } } as const;
      const seen = await playAttempt(frames, opened.template, { ...TIMING, ...stage, rules, hear });
      attempts.push(attemptOf(seen, opened, from, sides));
    }
  }
  return attempts;
}

/** Random sides. The same attempt gets the same sides, so that a measurement can be repeated. */
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

/** An attack is held against a photo of the person that it shows, from a live film where there is one. */
async function referenceFrames(films: readonly LabelledFilm[], film: LabelledFilm, own: readonly Uint8Array[]) {
  if (isBonaFide(film)) return own;
  const live = films.find((other) => isBonaFide(other) && other.person === film.person);
  return live ? framesOf(live) : own;
}
