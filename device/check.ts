import { openFilm } from "../drivers/film-source.ts";
import { readPack } from "../models/pack.ts";
import { loadCarrierKeys } from "./carrier-key.ts";
import { type Environment, readConfig, unknownVariables } from "./config.ts";
import { DeviceFault, faultOf } from "./faults.ts";
import { packFolder } from "./paths.ts";
import type { Settings } from "./settings.ts";
import { loadTls } from "./tls.ts";

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
  await loadTls(settings);
  await openFilm(settings.camera.path, false).catch((error: unknown) => {
    throw new DeviceFault(faultOf(error), String(error), { cause: error });
  });
  const { manifest, hash } = await readPack(packFolder(settings.modelPack)).catch((error: unknown) => {
    throw new DeviceFault("pack_refused", String(error), { cause: error });
  });
  const unknown = unknownVariables(environment).map((name) => `${name} is no setting of this version and is ignored.`);
  return { settings, notes: [...unknown, `Model pack ${manifest.id} ${manifest.version}, ${hash.slice(0, 16)}.`] };
}
