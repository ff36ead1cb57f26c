import type { Clock } from "../process/clock.ts";

/** How the setting wants it. */
export type ClockMode = "auto" | "require" | "trust";

/** No device had this software before: a clock that says so was not set since it has power. */
export const SOFTWARE_EXISTS_SINCE_MS = Date.UTC(2026, 0, 1);
/** Clocks are set back a little by time services. */
const SET_BACK_MS = 300_000;

export interface ClockEvidence {
  readonly synchronised: boolean;
  readonly wallMs: number;
  /** When the device's last report was made, 0 when there is none. */
  readonly lastReportAtMs: number;
}

/**
 * Whether the clock can be believed. A time service that says so settles it; where none can be seen (a container whose
 * host keeps the time, a machine with a battery clock), a clock that was never set is told by being impossibly early.
 */
export function clockIsSet(mode: ClockMode, { synchronised, wallMs, lastReportAtMs }: ClockEvidence): boolean {
  if (mode === "trust" || synchronised) return true;
  if (mode === "require") return false;
  return wallMs >= SOFTWARE_EXISTS_SINCE_MS && wallMs >= lastReportAtMs - SET_BACK_MS;
}

export interface ClockMonitor extends Disposable {
  isSet(): boolean;
}

export interface ClockMonitorParts {
  readonly mode: ClockMode;
  readonly clock: Clock;
  readonly latestAtMs: () => number;
  /** Told at the start, and whenever it changes. */
  readonly changed: (set: boolean) => void;
}

const LOOK_EVERY_MS = 5_000;

/** Looks at the clock now, at every question and now and then. */
export function monitorClock({ mode, clock, latestAtMs, changed }: ClockMonitorParts): ClockMonitor {
  let known: boolean | undefined;
  const look = (): boolean => {
    const evidence = { synchronised: clock.synchronised(), wallMs: clock.wallMs(), lastReportAtMs: latestAtMs() };
    const set = clockIsSet(mode, evidence);
    if (set !== known) changed(set);
    known = set;
    return set;
  };
  look();
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return { isSet: look, [Symbol.dispose]: () => clearInterval(timer) };
}
