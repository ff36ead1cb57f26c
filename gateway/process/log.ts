import { type DestinationStream, type Logger, pino } from "pino";

/** The log: JSON lines with a stable `event`. Callers never pass personal data: no photo, consent, token or body. */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error" | "fatal">;

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "silent";

export function openLog(level: LogLevel, gateway: string, out: DestinationStream = process.stdout): Log {
  return pino({ level, base: { gateway }, timestamp: pino.stdTimeFunctions.isoTime }, out);
}
