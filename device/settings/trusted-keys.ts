import { readFile } from "node:fs/promises";
import { type KeySet, readKeySet } from "../../protocol/tokens.ts";
import { DeviceFault } from "../faults.ts";

/** The keys of the carrier this device trusts, from the setting: a JWK or a JWK Set, or the path of a file with one. */
export function loadCarrierKeys(setting: string): Promise<KeySet> {
  return loadKeySet("MATCHLIGHT_CARRIER_KEY", setting);
}

/** The keys of whoever may manage this device: the carrier's, unless the setting names others. */
export async function loadOperatorKeys(setting: string, carrier: KeySet): Promise<KeySet> {
  return setting === "carrier" ? carrier : loadKeySet("MATCHLIGHT_OPERATOR_KEY", setting);
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
