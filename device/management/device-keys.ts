import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  generatePrivateJwk,
  type JWK,
  type PrivateKey,
  readPrivateKey,
  thumbprint,
} from "../../protocol/encoding/tokens.ts";
import { DeviceFault, unreadable } from "../faults.ts";
import { writeWhole } from "../storage/atomic-file.ts";

/** The device's own keys: one signs reports, the other decrypts requests. The private keys never leave the device. */
export interface DeviceKeys {
  readonly signing: PrivateKey;
  readonly sealing: PrivateKey;
  /** The public parts of former signing keys, the newest first. */
  readonly retired: readonly JWK[];
}

interface KeyFile {
  readonly signing: JWK;
  readonly sealing: JWK;
  readonly retired?: readonly JWK[];
}

/** The most former keys that the contract allows in an identity. */
const RETIRED_KEPT = 32;

/**
 * Reads the keys from `identity.json` in the data folder. The first start makes them, readable by the owner only. Throws
 * DeviceFault `storage_failed`, or `keys_refused` for a file that cannot be read: keys are never replaced automatically,
 * because every carrier must then register the camera again.
 */
export async function loadKeys(dataFolder: string): Promise<DeviceKeys> {
  const file = fileOf(dataFolder);
  return readKeys(file, (await readKeyFile(file)) ?? (await writeKeyFile(file, await freshKeys([]))));
}

/** Reads the keys; undefined if there are none. Makes none. Throws DeviceFault `keys_refused`. */
export async function findKeys(dataFolder: string): Promise<DeviceKeys | undefined> {
  const file = fileOf(dataFolder);
  const stored = await readKeyFile(file);
  return stored && readKeys(file, stored);
}

/**
 * Makes new keys. The public part of the old signing key is kept, so that old reports stay verifiable. The old private keys
 * are overwritten, so requests that were encrypted to the old key cannot be decrypted any more. Throws DeviceFault.
 */
export async function rotateKeys(dataFolder: string): Promise<DeviceKeys> {
  const file = fileOf(dataFolder);
  const stored = await readKeyFile(file);
  if (!stored) throw new DeviceFault("keys_refused", `${file} is missing: there are no keys to replace.`);
  const { signing, retired } = await readKeys(file, stored);
  const kept = [signing.public, ...retired].slice(0, RETIRED_KEPT);
  return readKeys(file, await writeKeyFile(file, await freshKeys(kept)));
}

async function freshKeys(retired: readonly JWK[]): Promise<KeyFile> {
  return { signing: await generatePrivateJwk("signing"), sealing: await generatePrivateJwk("sealing"), retired };
}

async function readKeys(file: string, { signing, sealing, retired = [] }: KeyFile): Promise<DeviceKeys> {
  try {
    return {
      signing: await readPrivateKey(signing, "signing"),
      sealing: await readPrivateKey(sealing, "sealing"),
      retired: await Promise.all(retired.map(async (jwk) => ({ ...jwk, kid: await thumbprint(jwk) }))),
    };
  } catch (cause) {
    throw new DeviceFault("keys_refused", `${file} does not hold the two keys.`, { cause });
  }
}

async function readKeyFile(file: string): Promise<KeyFile | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable("keys_refused", file, cause as NodeJS.ErrnoException);
  }
}

async function writeKeyFile(file: string, keys: KeyFile): Promise<KeyFile> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeWhole(file, JSON.stringify(keys, null, 2));
  } catch (cause) {
    throw new DeviceFault("storage_failed", `${file} cannot be written.`, { cause });
  }
  return keys;
}

function fileOf(dataFolder: string): string {
  return join(dataFolder, "identity.json");
}
