import type { Challenge } from "../../../device/session/challenge.ts";
import type { Rules, Verdict } from "../../../device/session/decision.ts";
import { hintOf, next, type SessionState, STARTED, wantedOf } from "../../../device/session/session.ts";
import { openJpeg } from "../../../drivers/image/pixels.ts";
import type { Template } from "../../../models/embedding/embedder.ts";
import { countsAlone } from "../../../models/liveness/motion-liveness.ts";
import type { Observation } from "../../../models/pipeline/observation.ts";
import type { Recognizer } from "../../../models/pipeline/recognizer.ts";
import type { Hint } from "../../../protocol/messages/contract.ts";

/** The course of one verification of a film, in the film's time. */
export interface PlayedAttempt {
  readonly verdict: Verdict;
  readonly tookMs: number;
  /** The hints in order, each once. */
  readonly hints: readonly Hint[];
  readonly moments: Moments;
}

/**
 * The first times of these events, in the film's time. The time before them depends on the person, the time after them on the
 * device.
 */
export interface Moments {
  /** A face was good enough for a comparison. */
  readonly usableAtMs?: number;
  /** A sign of life that is sufficient alone was seen. */
  readonly signAtMs?: number;
  /** The device asked for a turn of the head. */
  readonly askedAtMs?: number;
}

export interface PlayOptions {
  readonly recognizer: Recognizer;
  readonly rules: Rules;
  readonly framesPerSecond: number;
  readonly timeoutMs: number;
  /** Gets the hint after each frame, so that the next frames can follow it. */
  readonly hear?: (said: Hint | null) => void;
}

const PIXELS_AT_MOST = 2e7;

/**
 * Runs the device's steps from frames to a verdict, with the film's time as the clock. If the frames end early, the attempt ends.
 */
export async function playAttempt(
  frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  template: Template,
  { recognizer, rules, framesPerSecond, timeoutMs, hear }: PlayOptions,
): Promise<PlayedAttempt> {
  using tracker = recognizer.track(template);
  let playing = begun(rules);
  for await (const jpeg of frames) {
    const observation = await tracker.observe(openJpeg(jpeg, PIXELS_AT_MOST), wantedOf(playing.state, rules));
    playing = advanced(playing, observation, rules, framesPerSecond);
    if (playing.state.kind === "ended" || playing.atMs >= timeoutMs) break;
    hear?.(hintOf(playing.state));
  }
  return concluded(playing, rules);
}

/** Observes a film without regard to requests, so that decisions on the observations can be repeated. */
export async function observeFilm(
  frames: Iterable<Uint8Array>,
  template: Template,
  { recognizer, framesPerSecond, timeoutMs }: Pick<PlayOptions, "recognizer" | "framesPerSecond" | "timeoutMs">,
): Promise<readonly Observation[]> {
  using tracker = recognizer.track(template);
  const seen: Observation[] = [];
  for (const jpeg of frames) {
    seen.push(await tracker.observe(openJpeg(jpeg, PIXELS_AT_MOST)));
    if ((seen.length * 1000) / framesPerSecond >= timeoutMs) break;
  }
  return seen;
}

/**
 * The device's decision on these observations. It is valid under high assurance, where the device compares every frame whatever
 * it asks for. Pure.
 */
export function decideOn(seen: readonly Observation[], rules: Rules, framesPerSecond: number): PlayedAttempt {
  let playing = begun(rules);
  for (const observation of seen) {
    playing = advanced(playing, observation, rules, framesPerSecond);
    if (playing.state.kind === "ended") break;
  }
  return concluded(playing, rules);
}

interface Playing {
  readonly state: SessionState;
  readonly atMs: number;
  readonly hints: readonly Hint[];
  readonly moments: Moments;
}

function begun(rules: Rules): Playing {
  return { state: next(STARTED, { kind: "enrolled" }, rules), atMs: 0, hints: [], moments: {} };
}

function advanced(before: Playing, observation: Observation, rules: Rules, framesPerSecond: number): Playing {
  const { atMs, hints } = before;
  const state = next(before.state, { kind: "observed", observation, atMs }, rules);
  const moments = { ...momentsOf(state, observation, atMs), ...before.moments };
  if (state.kind === "ended") return { ...before, state, moments };
  const hint = hintOf(state);
  const more = hint && !hints.includes(hint) ? [...hints, hint] : hints;
  return { state, hints: more, moments, atMs: atMs + 1000 / framesPerSecond };
}

/** The events that this observation shows. */
function momentsOf(state: SessionState, observation: Observation, atMs: number): Moments {
  const { kind } = observation;
  const shown = kind === "scored" && observation.signs.some(countsAlone);
  return {
    ...(kind === "scored" || kind === "unchanged" ? { usableAtMs: atMs } : {}),
    ...(shown ? { signAtMs: atMs } : {}),
    ...(state.kind === "looking" && isAsked(state.challenge) ? { askedAtMs: atMs } : {}),
  };
}

function concluded({ state, atMs, hints, moments }: Playing, rules: Rules): PlayedAttempt {
  const ended = next(state, { kind: "deadline" }, rules);
  if (ended.kind !== "ended") throw new Error("a deadline ends every session");
  return { verdict: ended.verdict, tookMs: atMs, hints, moments };
}

function isAsked(challenge: Challenge | undefined): boolean {
  return challenge !== undefined && challenge.kind !== "idle";
}
