import { readFile } from "node:fs/promises";
import { DeviceFault } from "./faults.ts";
import { type KeySet, readKeySet } from "./link/seal.ts";

/** The keys of the carrier this device trusts, from the setting: a JWK or a JWK Set, or the path of a file with one. */
export async function loadCarrierKeys(setting: string): Promise<KeySet> {
  try {
    const text = setting.trimStart().startsWith("{") ? setting : await readFile(setting, "utf8");
    return await readKeySet(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceFault("settings_refused", `MATCHLIGHT_CARRIER_KEY is no public Ed25519 JWK: ${why}.`, { cause });
  }
}
