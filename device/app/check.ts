import { readPack } from "../../models/pack/pack.ts";
import { DeviceFault, explainFault, FILM_REFUSED, faultOf } from "../faults.ts";
import { givenEnvironment } from "../management/given-environment.ts";
import { loadTls } from "../messaging/tls.ts";
import { packFolder } from "../process/package-folder.ts";
import {
  type Environment,
  nearestVariable,
  readConfig,
  readSettings,
  settingsFault,
  unknownVariables,
} from "../settings/environment.ts";
import type { Settings } from "../settings/settings.ts";
import { loadBootstrap, loadCarrierKeys, loadOperatorKeys, loadPublisherKeys } from "../settings/trusted-keys.ts";
import { openCamera } from "./hardware.ts";

interface Checked {
  readonly settings: Settings;
  /** Facts that do not prevent a start, one line each. */
  readonly notes: readonly string[];
}

/**
 * Checks the settings and all that they name on this machine. Starts and writes nothing. Throws DeviceFault
 * `settings_refused` with every mistake at once: in the values, in files that cannot be read, in names.
 */
export async function checkSettings(environment: Environment): Promise<Checked> {
  const given = await givenEnvironment(environment);
  const { values, missing, wrong } = readSettings(given);
  const problems = [...missing, ...wrong];
  const checks = [
    ...(values.carrierKey ? [loadCarrierKeys(values.carrierKey)] : []),
    ...(values.operatorKey ? [loadOperatorKeys(values.operatorKey)] : []),
    ...(values.packKey ? [loadPublisherKeys(values.packKey)] : []),
    ...(values.bootstrap ? [loadBootstrap(values.bootstrap)] : []),
    ...(values.brokerUrl ? [loadTls({ ...NO_FILES, ...values, brokerUrl: values.brokerUrl })] : []),
    ...(values.camera ? [checkCamera(values.camera)] : []),
    ...(values.modelPack ? [checkPack(values.modelPack)] : []),
  ];
  const results = await Promise.allSettled(checks);
  const failures = results.flatMap((one) => (one.status === "rejected" ? [wordsOf(one.reason)] : []));
  const unknown = misspelt(environment);
  if (problems.length + failures.length > 0) throw settingsFault([...problems, ...failures, ...unknown]);
  const notes = results.flatMap((one) => (one.status === "fulfilled" && Array.isArray(one.value) ? one.value : []));
  return { settings: readConfig(given), notes: [...unknown, ...notes.map(String)] };
}

const NO_FILES = { brokerCa: undefined, brokerCert: undefined, brokerKey: undefined };

/** The message of a fault, on one line. */
function wordsOf(error: unknown): string {
  if (error instanceof DeviceFault && error.code !== "settings_refused") return explainFault(error);
  return error instanceof Error ? error.message : String(error);
}

function misspelt(environment: Environment): readonly string[] {
  return unknownVariables(environment).map((name) => {
    const meant = nearestVariable(name);
    return `${name} is no setting of this version and is ignored${meant ? `; ${meant} may be meant` : ""}.`;
  });
}

/** The pack that would be loaded. */
async function checkPack(modelPack: Settings["modelPack"]): Promise<readonly string[]> {
  const { manifest, hash } = await readPack(packFolder(modelPack)).catch((error: unknown) => {
    throw new DeviceFault("pack_refused", String(error), { cause: error });
  });
  return [`Model pack ${manifest.id} ${manifest.version}, ${hash.slice(0, 16)}.`];
}

/**
 * A missing film is a mistake in the settings. A camera may be connected later: the service waits for it, so a missing
 * camera is only a note.
 */
async function checkCamera(camera: Settings["camera"]): Promise<readonly string[]> {
  try {
    await openCamera(camera).check();
    return [];
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    if (camera.kind !== "film") return [`The camera is not ready: ${words}.`];
    throw new DeviceFault(faultOf(error), `${words}.`, { cause: error, instead: FILM_REFUSED });
  }
}
