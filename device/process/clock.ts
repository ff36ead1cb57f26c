import { existsSync } from "node:fs";
import { monotonicMs } from "../../drivers/monotonic.ts";

/** The wall time, whether it is reliable, and the monotonic time. */
export interface Clock {
  /** Wall time, milliseconds since 1970. It may jump. */
  wallMs(): number;
  /** CLOCK_MONOTONIC, for durations. It never jumps. */
  monotonicMs(): number;
  /** Whether a time service has set the wall time. A Raspberry Pi has no battery clock. */
  synchronised(): boolean;
}

/** The wall time of a moment of the monotonic clock, such as a picture's time stamp. */
export function wallMsOf(clock: Clock, monotonicMs: number): number {
  return Math.round(clock.wallMs() - (clock.monotonicMs() - monotonicMs));
}

/** systemd-timesyncd makes this file once it has set the time (systemd-timesyncd.service(8)). Unknown counts as no. */
const SIGN = "/run/systemd/timesync/synchronized";

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs,
  synchronised: () => existsSync(SIGN),
};
