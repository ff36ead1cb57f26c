import { type DestinationStream, type Logger, pino } from "pino";
import { type LoggedEvent, openEventRing } from "./event-ring.ts";

/**
 * The log: JSON lines with a stable `event`. It never gets personal data: no picture, template, score, hint, consent or claim.
 * A request is named only by its id.
 */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error" | "fatal"> & {
  level?: string;
  /** The codes of the last events, for diagnostics. */
  readonly recent?: () => readonly LoggedEvent[];
};

type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "silent";

const RECENT = 100;

/** Opens the log, by default on standard output, where systemd and balena collect it. */
export function openLog(level: LogLevel, device: string, out: DestinationStream = process.stdout): Log {
  const ring = openEventRing(RECENT);
  const hooks = {
    logMethod(this: Logger, args: Parameters<Logger["info"]>, method: Logger["info"], at: number) {
      ring.add(args[0], pino.levels.labels[at] ?? String(at), Date.now());
      method.apply(this, args);
    },
  };
  const logger = pino({ level, base: { device }, timestamp: pino.stdTimeFunctions.isoTime, hooks }, out);
  return Object.assign(logger, { recent: ring.recent });
}
