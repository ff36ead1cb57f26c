import { readPack } from "../../models/pack/pack.ts";
import { DeviceFault, faultOf } from "../faults.ts";
import { loadTls } from "../messaging/tls.ts";
import { packFolder } from "../process/package-folder.ts";
import { type Environment, readConfig, unknownVariables } from "../settings/environment.ts";
import type { Settings } from "../settings/settings.ts";
import { loadCarrierKeys, loadOperatorKeys, loadPublisherKeys } from "../settings/trusted-keys.ts";
import { openCamera } from "./hardware.ts";

export interface Checked {
  readonly settings: Settings;
  /** What is worth knowing, a line each. */
  readonly notes: readonly string[];
}

/**
 * Tries the settings and everything on this machine that they name, without starting or writing anything.
 * Throws DeviceFault.
 */
export async function checkSettings(environment: Environment): Promise<Checked> {
  const settings = readConfig(environment);
  await loadCarrierKeys(settings.carrierKey);
  await loadOperatorKeys(settings.operatorKey);
  await loadPublisherKeys(settings.packKey);
  await loadTls(settings);
  const hindrance = await checkCamera(settings);
  const pack = await checkPack(settings);
  const unknown = unknownVariables(environment).map((name) => `${name} is no setting of this version and is ignored.`);
  return {
    settings,
    notes: [...unknown, ...hindrance, pack],
  };
}

/** The pack that would be loaded. */
async function checkPack({ modelPack }: Settings): Promise<string> {
  const { manifest, hash } = await readPack(packFolder(modelPack)).catch((error: unknown) => {
    throw new DeviceFault("pack_refused", String(error), { cause: error });
  });
  return `Model pack ${manifest.id} ${manifest.version}, ${hash.slice(0, 16)}.`;
}

/**
 * A film that is missing is a mistake in the settings. A camera may be plugged in later: the service waits for it, so
 * its absence is only told.
 */
async function checkCamera({ camera }: Settings): Promise<readonly string[]> {
  try {
    await openCamera(camera).check();
    return [];
  } catch (error) {
    if (camera.kind === "film") throw new DeviceFault(faultOf(error), String(error), { cause: error });
    return [`The camera is not ready: ${error instanceof Error ? error.message : String(error)}.`];
  }
}
