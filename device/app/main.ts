import { retry } from "../../protocol/common/retry.ts";
import { DeviceFault, explainFault } from "../faults.ts";
import { givenEnvironment } from "../management/given-environment.ts";
import { exitNow } from "../process/exit.ts";
import { hardenProcess } from "../process/hardening.ts";
import { type Log, openLog } from "../process/log.ts";
import { VERSION } from "../process/version.ts";
import {
  describeSettings,
  type Environment,
  readProvisioning,
  readSettings,
  unknownVariables,
} from "../settings/environment.ts";
import type { Settings } from "../settings/settings.ts";
import { type Device, openDevice } from "./device.ts";
import { openFaultyLight, showFaulty } from "./faulty-light.ts";
import type { Parts } from "./parts.ts";
import { EXIT, exitCodeOf, reportStartupFailure } from "./startup-failure.ts";
import { waitUnprovisioned } from "./unprovisioned.ts";

/** How long stopping may take before the process ends anyway. */
const STOP_WITHIN_MS = 4_500;
const STORAGE_AGAIN = { firstMs: 1_000, mostMs: 30_000 };

/**
 * Runs the service until a signal stops it or only a new start helps. Resolves with the exit code. After a signal at any
 * moment, it ends within STOP_WITHIN_MS. `own` replaces parts, for tests.
 */
export async function serve(environment: Environment, own: Partial<Parts> = {}): Promise<number> {
  // The reader of the log has ended; the service continues without it.
  process.stdout.on("error", () => undefined);
  const asked = askedToStop();
  // `whenProvisioned` waits for an unreadable data folder. Until then only the environment has the name of the camera.
  const { settings } = readProvisioning(await givenEnvironment(environment).catch(() => environment));
  const log = openLog(settings.logLevel, settings.deviceId ?? "unnamed");
  void asked.then(() => endInTime(log));
  process.once("uncaughtException", (err) => crash(log, err));
  hardenProcess(log);
  for (const name of unknownVariables(environment)) log.warn({ event: "setting_unknown", name });
  log.info({ event: "starting", version: VERSION, settings: Object.fromEntries(describeSettings(settings)) });
  return whenProvisioned(environment, log, asked, own);
}

/** Waits until the camera is provisioned, then serves. It starts again when the settings have changed. */
async function whenProvisioned(
  environment: Environment,
  log: Log,
  asked: Promise<string>,
  own: Partial<Parts>,
): Promise<number> {
  const show = () => openFaultyLight(readSettings(environment).values.light, { own: own.light });
  const known = await whenStorageAllows(() => givenEnvironment(environment), show, log, asked);
  if (typeof known === "string") return stopped(log, known);
  const given = readProvisioning(known);
  const ended =
    given.kind === "provisioned"
      ? await run(given.settings, log, asked, { environment, ...own })
      : await waitUnprovisioned(given, log, asked, own).then((signal) =>
          signal === undefined ? undefined : stopped(log, signal),
        );
  return ended ?? whenProvisioned(environment, log, asked, own);
}

/** Returns the exit code; undefined if the device must be opened again. */
async function run(
  settings: Settings,
  log: Log,
  asked: Promise<string>,
  own: Partial<Parts>,
): Promise<number | undefined> {
  try {
    const show = () => openFaultyLight(settings.light, { own: own.light });
    const device = await whenStorageAllows(() => openDevice(settings, log, own), show, log, asked);
    return typeof device === "string" ? stopped(log, device) : await live(device, log, asked);
  } catch (error) {
    if (!(error instanceof DeviceFault)) throw error;
    log.fatal({ event: error.code, reason: explainFault(error), exitCode: exitCodeOf(error) });
    await Promise.all([
      reportStartupFailure(settings, error).catch((reason) => log.warn({ event: "unsent", reason: String(reason) })),
      showFaulty(settings.light, asked, { own: own.light }),
    ]);
    return exitCodeOf(error);
  }
}

type Ending =
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "fatal"; readonly cause: unknown }
  | { readonly kind: "reopen" };

async function live(device: Device, log: Log, asked: Promise<string>): Promise<number | undefined> {
  const { id, loadMs, selfTestMs } = device.pack;
  log.info({ event: "started", pack: id, loadMs, selfTestMs });
  const ending = await Promise.race<Ending>([
    asked.then((signal) => ({ kind: "signal", signal })),
    device.fatal.then((cause) => ({ kind: "fatal", cause })),
    device.reopen.then(() => ({ kind: "reopen" })),
  ]);
  const late = endInTime(log);
  // Logged before the parts are closed, because the failed part may not close.
  if (ending.kind === "fatal") log.fatal({ event: "ended", err: ending.cause });
  await device[Symbol.asyncDispose]();
  if (ending.kind === "signal") return stopped(log, ending.signal);
  if (ending.kind === "fatal") return EXIT.again;
  clearTimeout(late);
  log.info({ event: "settings_changed" });
  return undefined;
}

function stopped(log: Log, signal: string): number {
  log.info({ event: "stopped", signal });
  return EXIT.stopped;
}

/** Ends after a mistake in the program. Node's own exit would interrupt a running network and abort. */
function crash(log: Log, err: unknown): never {
  log.fatal({ event: "crashed", err });
  exitNow(EXIT.again);
}

/** Ends the process even if a part does not close. The data on the disk is complete at any moment. */
function endInTime(log: Log): NodeJS.Timeout {
  const end = () => {
    log.warn({ event: "stop_forced", afterMs: STOP_WITHIN_MS });
    exitNow(EXIT.again);
  };
  return setTimeout(end, STOP_WITHIN_MS).unref();
}

/**
 * Does work that needs the data folder. If the folder cannot be used, the process does not end, because a supervisor would
 * start it again and again. The fault is logged once, `show` shows it between the attempts, and the work is repeated until it
 * succeeds. Returns the signal if the process is stopped before that.
 */
async function whenStorageAllows<T extends object>(
  work: () => Promise<T>,
  show: () => AsyncDisposable,
  log: Log,
  asked: Promise<string>,
): Promise<T | string> {
  let shown: AsyncDisposable | undefined;
  const stop = new AbortController();
  void asked.then(() => stop.abort());
  for await (const { failures } of retry({ ...STORAGE_AGAIN, signal: stop.signal })) {
    // The device that `work` opens has its light on the same lines.
    await shown?.[Symbol.asyncDispose]();
    shown = undefined;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DeviceFault) || error.code !== "storage_failed") throw error;
      if (failures === 0) log.error({ event: "storage_failed", reason: explainFault(error) });
      shown = show();
    }
  }
  await shown?.[Symbol.asyncDispose]();
  return asked;
}

function askedToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve(signal));
  });
}
