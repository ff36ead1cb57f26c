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
  /** Facts that do not prevent a start, one line each. */
  readonly notes: readonly string[];
}

/** Checks the settings and all that they name on this machine. Starts and writes nothing. Throws DeviceFault. */
export async function checkSettings(environment: Environment): Promise<Checked> {
  const settings = readConfig(environment);
  await loadCarrierKeys(settings.carrierKey);
  await loadOperatorKeys(settings.operatorKey);
  await loadPublisherKeys(settings.packKey);
  await loadTls(settings);
  const camera = await checkCamera(settings);
  const pack = await checkPack(settings);
  const unknown = unknownVariables(environment).map((name) => `${name} is no setting of this version and is ignored.`);
  return {
    settings,
    notes: [...unknown, ...camera, pack],
  };
}

/** The pack that would be loaded. */
async function checkPack({ modelPack }: Pick<Settings, "modelPack">): Promise<string> {
  const { manifest, hash } = await readPack(packFolder(modelPack)).catch((error: unknown) => {
    throw new DeviceFault("pack_refused", String(error), { cause: error });
  });
  return `Model pack ${manifest.id} ${manifest.version}, ${hash.slice(0, 16)}.`;
}

/**
 * A missing film is a mistake in the settings. A camera may be connected later: the service waits for it, so a missing
 * camera is only a note.
 */
async function checkCamera({ camera }: Pick<Settings, "camera">): Promise<readonly string[]> {
  try {
    await openCamera(camera).check();
    return [];
  } catch (error) {
    if (camera.kind === "film") throw new DeviceFault(faultOf(error), String(error), { cause: error });
    return [`The camera is not ready: ${error instanceof Error ? error.message : String(error)}.`];
  }
}
