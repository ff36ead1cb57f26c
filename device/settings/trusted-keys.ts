import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type KeySet, readKeySet } from "../../protocol/encoding/tokens.ts";
import { type Bootstrap, readBootstrap } from "../../protocol/identity/bootstrap.ts";
import { DeviceFault } from "../faults.ts";
import { PACKAGE_FOLDER } from "../process/package-folder.ts";
import type { Settings } from "./settings.ts";

/** Whose signatures the device accepts. */
export interface TrustedKeys {
  /** Signs requests. */
  readonly carrier: KeySet;
  /** Signs commands; undefined if the device accepts none. */
  readonly operator: KeySet | undefined;
  /** Signs model packs; undefined if the device accepts none. */
  readonly publisher: KeySet | undefined;
}

/** Throws DeviceFault `settings_refused`. */
export async function loadTrustedKeys(
  settings: Pick<Settings, "carrierKey" | "operatorKey" | "packKey">,
): Promise<TrustedKeys> {
  return {
    carrier: await loadCarrierKeys(settings.carrierKey),
    operator: await loadOperatorKeys(settings.operatorKey),
    publisher: await loadPublisherKeys(settings.packKey),
  };
}

/** The keys of the trusted carrier, from the setting: a JWK, a JWK Set, or the path of a file with one. */
export function loadCarrierKeys(setting: string): Promise<KeySet> {
  return loadKeySet("MATCHLIGHT_CARRIER_KEY", setting);
}

/** The operator's keys; undefined if the device accepts no commands. */
export async function loadOperatorKeys(setting: string): Promise<KeySet | undefined> {
  return setting === "none" ? undefined : loadKeySet("MATCHLIGHT_OPERATOR_KEY", setting);
}

/** A public key that came with the release; a release without one takes packs only by the setting. */
const SHIPPED_PUBLISHER = join(PACKAGE_FOLDER, "models", "packs", "publisher.jwk");

/** The publisher's keys; undefined if neither the setting nor the release has one. */
export async function loadPublisherKeys(setting: string, shipped = SHIPPED_PUBLISHER): Promise<KeySet | undefined> {
  if (setting !== "release") return loadKeySet("MATCHLIGHT_PACK_KEY", setting);
  return existsSync(shipped) ? loadKeySet("MATCHLIGHT_PACK_KEY", shipped) : undefined;
}

/** What an unprovisioned camera enrols with; undefined if it cannot enrol by itself. Throws DeviceFault `settings_refused`. */
export async function loadBootstrap(setting: string): Promise<Bootstrap | undefined> {
  if (setting === "none") return undefined;
  try {
    return await readBootstrap(setting.trimStart().startsWith("{") ? setting : await readFile(setting, "utf8"));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceFault("settings_refused", `MATCHLIGHT_BOOTSTRAP is no bootstrap credential: ${why}.`, { cause });
  }
}

async function loadKeySet(variable: string, setting: string): Promise<KeySet> {
  try {
    const text = setting.trimStart().startsWith("{") ? setting : await readFile(setting, "utf8");
    return await readKeySet(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceFault("settings_refused", `${variable} is no public Ed25519 JWK: ${why}.`, { cause });
  }
}
