import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DeviceFault } from "../faults.ts";
import { generatePrivateJwk, type JWK, type PrivateKey, readPrivateKey } from "../link/seal.ts";

/** The device's own keys: one signs reports, the other opens requests. The private halves never leave the device. */
export interface DeviceKeys {
  readonly signing: PrivateKey;
  readonly sealing: PrivateKey;
}

interface KeyFile {
  readonly signing: JWK;
  readonly sealing: JWK;
}

/**
 * Reads the keys from `identity.json` on the data folder, making them at the first start, readable by the owner only.
 * Throws DeviceFault `keys_refused` (there, but unreadable: they are never replaced unasked, or every carrier would
 * have to be told) or `storage_failed`.
 */
export async function loadKeys(dataFolder: string): Promise<DeviceKeys> {
  const file = join(dataFolder, "identity.json");
  const stored = (await readKeyFile(file)) ?? (await makeKeyFile(file));
  try {
    const { signing, sealing } = stored;
    return { signing: await readPrivateKey(signing, "signing"), sealing: await readPrivateKey(sealing, "sealing") };
  } catch (cause) {
    throw new DeviceFault("keys_refused", `${file} does not hold the two keys.`, { cause });
  }
}

async function readKeyFile(file: string): Promise<KeyFile | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DeviceFault("keys_refused", `${file} cannot be read.`, { cause });
  }
}

async function makeKeyFile(file: string): Promise<KeyFile> {
  const keys = { signing: await generatePrivateJwk("signing"), sealing: await generatePrivateJwk("sealing") };
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeDurably(file, JSON.stringify(keys, null, 2));
  } catch (cause) {
    throw new DeviceFault("storage_failed", `${file} cannot be written.`, { cause });
  }
  return keys;
}

/** Written beside, synced, then renamed: after a power cut the file is there in full or not at all. */
async function writeDurably(file: string, text: string): Promise<void> {
  const beside = `${file}.new`;
  {
    const handle = await open(beside, "w", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  await rename(beside, file);
  const folder = await open(dirname(file), "r");
  await folder.sync().finally(() => folder.close());
}
