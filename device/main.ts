import { describeSettings, type Environment, readConfig, unknownVariables } from "./config.ts";
import { openDevice } from "./device.ts";
import { openLog } from "./log.ts";
import { VERSION } from "./version.ts";

/** How long stopping may take before the process ends anyway. */
const STOP_WITHIN_MS = 5_000;

/** Runs the service until it is told to stop or only a new start helps. Resolves with the exit code. */
export async function serve(environment: Environment): Promise<number> {
  // Whoever read the log is gone; a device that people stand before goes on without it.
  process.stdout.on("error", () => undefined);
  const settings = readConfig(environment);
  const log = openLog(settings.logLevel, settings.deviceId);
  for (const name of unknownVariables(environment)) log.warn({ event: "setting_unknown", name });
  log.info({ event: "starting", version: VERSION, settings: Object.fromEntries(describeSettings(settings)) });
  const asked = askedToStop();
  const device = await openDevice(settings, log);
  log.info({ event: "started", pack: device.identity.pack.id });
  const why = await Promise.race([asked, device.fatal]);
  const overdue = setTimeout(() => process.exit(1), STOP_WITHIN_MS);
  await device[Symbol.asyncDispose]();
  clearTimeout(overdue);
  if (typeof why === "string") log.info({ event: "stopped", signal: why });
  else log.fatal({ event: "ended", err: why });
  return typeof why === "string" ? 0 : 1;
}

function askedToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve(signal));
  });
}
