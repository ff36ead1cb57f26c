import { type DestinationStream, type Logger, pino } from "pino";

/**
 * The log: JSON lines with a stable `event`. Nothing personal is ever given to it: no picture, template, score, hint,
 * consent or claim; a request is named by its id only.
 */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error" | "fatal"> & { level?: string };

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "silent";

/** Opens the log, by default on standard output, where systemd and balena collect it. */
export function openLog(level: LogLevel, device: string, out: DestinationStream = process.stdout): Log {
  return pino({ level, base: { device }, timestamp: pino.stdTimeFunctions.isoTime }, out);
}
