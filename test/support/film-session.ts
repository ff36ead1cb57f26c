import { type Inference, startInference } from "../../device/inference/inference.ts";
import type { Rules, Verdict } from "../../device/session/decision.ts";
import { hintOf, next, type SessionState, STARTED, wantedOf } from "../../device/session/session.ts";
import { readJpegHeader } from "../../drivers/image/jpeg-header.ts";
import type { Hint } from "../../protocol/messages/contract.ts";
import { SHIPPED_PACK } from "./pack.ts";

/** What one verification of a film said and came to, in the film's own time. */
export interface FilmSession {
  /** Undefined when the frames ended first. */
  readonly verdict: Verdict | undefined;
  readonly tookMs: number;
  readonly said: readonly { readonly atMs: number; readonly hint: Hint | null }[];
}

export interface FilmSessionOptions {
  readonly inference: Inference;
  readonly photo: Uint8Array;
  readonly framesPerSecond: number;
}

export const startShippedInference = (): Promise<Inference> => startInference(SHIPPED_PACK);

/** Real networks and the real session; only the clock is the film's. */
export async function playSession(
  frames: Iterable<Uint8Array>,
  { inference, photo, framesPerSecond }: FilmSessionOptions,
): Promise<FilmSession> {
  const enrolled = await inference.enrol(photo.slice());
  if (enrolled.kind !== "enrolled") throw new Error(enrolled.detail);
  const rules = rulesOf(inference);
  let state: SessionState = next(STARTED, { kind: "enrolled" }, rules);
  const said: { atMs: number; hint: Hint | null }[] = [];
  let atMs = 0;
  for (const data of frames) {
    const { width, height } = readJpegHeader(data);
    const look = await inference.look({ format: "MJPG", width, height, strideBytes: 0, data }, wantedOf(state, rules));
    if (look.kind === "damaged") throw new Error(look.detail);
    state = next(state, { kind: "observed", observation: look, atMs }, rules);
    if (state.kind === "ended") break;
    const hint = hintOf(state);
    if (hint !== (said.at(-1)?.hint ?? null)) said.push({ atMs, hint });
    atMs += 1000 / framesPerSecond;
  }
  await inference.forget();
  return { verdict: state.kind === "ended" ? state.verdict : undefined, tookMs: atMs, said };
}

function rulesOf({ pack }: Inference): Rules {
  const threshold = pack.thresholds.find(({ fmr }) => fmr === 0.001)?.similarity ?? 1;
  const { bonaFideAtLeast, attackBelow } = pack;
  return { threshold, bonaFideAtLeast, attackBelow, challenge: { policy: "if_needed", sides: ["left"] } };
}
