import { setTimeout as sleep } from "node:timers/promises";
import { describeSettings, type Environment, readConfig, unknownVariables } from "./config.ts";
import { type Device, openDevice } from "./device.ts";
import { DeviceFault, explainFault } from "./faults.ts";
import { backoffMs } from "./link/backoff.ts";
import { type Log, openLog } from "./log.ts";
import { VERSION } from "./version.ts";

/** How long stopping may take before the process ends anyway. */
const STOP_WITHIN_MS = 5_000;
const STORAGE_AGAIN = { firstMs: 1_000, mostMs: 30_000 };

/** Runs the service until it is told to stop or only a new start helps. Resolves with the exit code. */
export async function serve(environment: Environment): Promise<number> {
  // Whoever read the log is gone; a device that people stand before goes on without it.
  process.stdout.on("error", () => undefined);
  const settings = readConfig(environment);
  const log = openLog(settings.logLevel, settings.deviceId);
  for (const name of unknownVariables(environment)) log.warn({ event: "setting_unknown", name });
  log.info({ event: "starting", version: VERSION, settings: Object.fromEntries(describeSettings(settings)) });
  const asked = askedToStop();
  const device = await openWhenPossible(() => openDevice(settings, log, { environment }), log, asked);
  if (typeof device === "string") return 0;
  log.info({ event: "started", pack: device.identity.pack.id });
  const why = await Promise.race([asked, device.fatal]);
  const overdue = setTimeout(() => process.exit(1), STOP_WITHIN_MS);
  await device[Symbol.asyncDispose]();
  clearTimeout(overdue);
  if (typeof why === "string") log.info({ event: "stopped", signal: why });
  else log.fatal({ event: "ended", err: why });
  return typeof why === "string" ? 0 : 1;
}

/**
 * Opens the device. A data folder that cannot be used does not end the process, which would only be started again and
 * again: it is told once, and tried until it can be used. Gives the signal when the process is to stop before that.
 */
async function openWhenPossible(
  open: () => Promise<Device>,
  log: Log,
  asked: Promise<string>,
): Promise<Device | string> {
  for (let failures = 0; ; failures++) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof DeviceFault) || error.code !== "storage_failed") throw error;
      if (failures === 0) log.error({ event: "storage_failed", reason: explainFault(error) });
      const signal = await Promise.race([asked, sleep(backoffMs(failures, Math.random(), STORAGE_AGAIN))]);
      if (signal) return signal;
    }
  }
}

function askedToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve(signal));
  });
}
