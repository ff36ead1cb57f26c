import { readFile } from "node:fs/promises";
import { DeviceFault } from "./faults.ts";
import { type PublicKey, readPublicKey } from "./link/seal.ts";

/** The key of the carrier this device trusts, from the setting: a JWK, or the path of a file with one. */
export async function loadCarrierKey(setting: string): Promise<PublicKey> {
  try {
    const text = setting.trimStart().startsWith("{") ? setting : await readFile(setting, "utf8");
    return await readPublicKey(JSON.parse(text), "signing");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceFault("settings_refused", `MATCHLIGHT_CARRIER_KEY is no public Ed25519 JWK: ${why}.`, { cause });
  }
}
