import type { Clock } from "../process/clock.ts";

/** The value of MATCHLIGHT_CLOCK. */
type ClockMode = "auto" | "require" | "trust";

/** A clock earlier than this was not set since the device has power. */
export const SOFTWARE_EXISTS_SINCE_MS = Date.UTC(2026, 0, 1);
/** Time services set clocks back a little. */
const SET_BACK_MS = 300_000;

interface ClockEvidence {
  readonly synchronised: boolean;
  readonly wallMs: number;
  /** The latest time that the device's ledger knows, 0 when it knows none. */
  readonly ledgerAtMs: number;
}

/**
 * Whether the device trusts the clock. A time service decides it. Without one (a container, a board with a battery
 * clock) a clock that is earlier than possible was never set. Pure.
 */
export function clockIsSet(mode: ClockMode, { synchronised, wallMs, ledgerAtMs }: ClockEvidence): boolean {
  if (mode === "trust" || synchronised) return true;
  if (mode === "require") return false;
  return wallMs >= SOFTWARE_EXISTS_SINCE_MS && wallMs >= ledgerAtMs - SET_BACK_MS;
}

export interface ClockMonitor extends Disposable {
  isSet(): boolean;
}

interface ClockMonitorParts {
  readonly mode: ClockMode;
  readonly clock: Clock;
  readonly latestAtMs: () => number;
  /** Called at the start and at each change. */
  readonly changed: (set: boolean) => void;
}

const CHECK_INTERVAL_MS = 5_000;

/** Checks the clock at the start, at each query and every 5 s. */
export function monitorClock({ mode, clock, latestAtMs, changed }: ClockMonitorParts): ClockMonitor {
  let known: boolean | undefined;
  const check = (): boolean => {
    const evidence = { synchronised: clock.synchronised(), wallMs: clock.wallMs(), ledgerAtMs: latestAtMs() };
    const set = clockIsSet(mode, evidence);
    const before = known;
    known = set;
    if (set !== before) changed(set);
    return set;
  };
  check();
  const timer = setInterval(check, CHECK_INTERVAL_MS).unref();
  return { isSet: check, [Symbol.dispose]: () => clearInterval(timer) };
}
