import type { Beat, Colour, Light, Pattern } from "../../drivers/light/light.ts";
import type { SessionState } from "../session/session.ts";

/** All states that the light shows. */
export type LightState =
  | "starting"
  | "unprovisioned"
  | "ready"
  | "preparing"
  | "looking"
  | "hint"
  | "match"
  | "see_staff"
  | "offline"
  | "faulty";

/**
 * One rhythm for each state, different in length and number of flashes, so that colour is not needed. Bystanders must
 * not learn a person's result, so `see_staff` stands for no_match and inconclusive. Red means the device, never a
 * person.
 */
export const LIGHT_TABLE: Readonly<Record<LightState, Pattern>> = {
  starting: pattern("white", "starting", [flash(100, 100)]),
  unprovisioned: pattern("white", "not provisioned yet", [flash(1_200, 300), flash(100, 1_400)]),
  ready: pattern("green", "ready", [flash(100, 3_900)]),
  preparing: pattern("white", "preparing", [flash(300, 300)]),
  looking: { colour: "white", meaning: "looking at you", beats: [{ lit: true, forMs: 1_000 }] },
  hint: pattern("white", "please follow the hint", [flash(800, 400)]),
  match: pattern("green", "done, thank you", [flash(1_500, 250)]),
  see_staff: pattern("amber", "please see staff", [flash(600, 200), flash(600, 800)]),
  offline: pattern("white", "no connection to the carrier", [flash(100, 200), flash(100, 3_600)]),
  faulty: pattern("red", "device needs attention", [flash(150, 150), flash(150, 150), flash(150, 1_250)]),
};

/** How long a result is shown before the light is ready again. */
export const RESULT_SHOWN_MS = 4_000;

/** The light of a session. A cancelled session shows no result: the device is ready again. Pure. */
export function lightOf(state: SessionState): LightState {
  switch (state.kind) {
    case "enrolling":
      return "preparing";
    case "looking":
      return state.guidance.said === null ? "looking" : "hint";
    case "ended":
      if (state.verdict.decision === "match") return "match";
      return state.verdict.reason === "cancelled" ? "ready" : "see_staff";
  }
}

/** A flash of two seconds, then each digit as that number of flashes, a zero as ten. A longer pause ends a digit. Pure. */
export function codePattern(digits: string): Pattern {
  const counts = [...digits.replaceAll("-", "")].map((digit) => Number(digit) || 10);
  const flashes = counts.flatMap((count) => [
    ...Array.from({ length: count - 1 }, () => flash(250, 300)),
    flash(250, 1_600),
  ]);
  return pattern("white", `enrolment code ${digits}`, [flash(2_000, 2_000), ...flashes]);
}

export function showState(light: Light, state: LightState): void {
  light.show(LIGHT_TABLE[state]);
}

function pattern(colour: Colour, meaning: string, flashes: readonly (readonly Beat[])[]): Pattern {
  return { colour, meaning, beats: flashes.flat() };
}

function flash(litMs: number, darkMs: number): readonly Beat[] {
  return [
    { lit: true, forMs: litMs },
    { lit: false, forMs: darkMs },
  ];
}
