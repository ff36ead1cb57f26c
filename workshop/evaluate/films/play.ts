import type { Challenge } from "../../../device/session/challenge.ts";
import type { Rules, Verdict } from "../../../device/session/decision.ts";
import { hintOf, next, type SessionState, STARTED, wantedOf } from "../../../device/session/session.ts";
import { decodeJpeg } from "../../../drivers/image/jpeg.ts";
import type { Template } from "../../../models/embedding/embedder.ts";
import type { Recognizer } from "../../../models/pipeline/recognizer.ts";
import type { Hint } from "../../../protocol/messages/contract.ts";

/** How one verification of a film went, in the film's own time. */
export interface PlayedAttempt {
  readonly verdict: Verdict;
  readonly tookMs: number;
  /** What was said, in its order, each once, and when the head was first to be turned. */
  readonly hints: readonly Hint[];
  readonly askedAtMs?: number;
}

export interface PlayOptions {
  readonly recognizer: Recognizer;
  readonly rules: Rules;
  readonly framesPerSecond: number;
  readonly timeoutMs: number;
}

const PIXELS_AT_MOST = 2e7;

/** What the device does between a frame and a verdict, with the film's time for a clock. Frames that end early end it. */
export async function playAttempt(
  frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  template: Template,
  { recognizer, rules, framesPerSecond, timeoutMs }: PlayOptions,
): Promise<PlayedAttempt> {
  using tracker = recognizer.track(template);
  let state: SessionState = next(STARTED, { kind: "enrolled" }, rules);
  const hints = new Set<Hint>();
  let askedAtMs: number | undefined;
  let atMs = 0;
  for await (const jpeg of frames) {
    const observation = await tracker.observe(decodeJpeg(jpeg, PIXELS_AT_MOST), wantedOf(state, rules));
    state = next(state, { kind: "observed", observation, atMs }, rules);
    if (state.kind === "ended") break;
    const hint = hintOf(state);
    if (hint) hints.add(hint);
    if (state.kind === "looking" && isAsked(state.challenge)) askedAtMs ??= atMs;
    atMs += 1000 / framesPerSecond;
    if (atMs >= timeoutMs) break;
  }
  const ended = next(state, { kind: "deadline" }, rules);
  if (ended.kind !== "ended") throw new Error("a deadline ends every session");
  return { verdict: ended.verdict, tookMs: atMs, hints: [...hints], ...(askedAtMs === undefined ? {} : { askedAtMs }) };
}

function isAsked(challenge: Challenge | undefined): boolean {
  return challenge !== undefined && challenge.kind !== "idle";
}
