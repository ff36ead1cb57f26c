import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { PACK_TOKEN_FILE } from "../../models/pack/pack.ts";
import type { KeySet } from "../../protocol/encoding/tokens.ts";
import { readPackToken } from "../../protocol/readers/command-reader.ts";
import { DeviceFault } from "../faults.ts";
import { type Inference, startInference } from "../inference/inference.ts";
import { packFolder } from "../process/package-folder.ts";
import { type Environment, isGiven } from "../settings/environment.ts";
import type { Settings } from "../settings/settings.ts";
import { loadPublisherKeys } from "../settings/trusted-keys.ts";
import type { Change, Store } from "../storage/store.ts";
import { BEGINNING } from "./upload.ts";

/** The name of a pack that can be in force: the hash of a sent pack, or RELEASE. */
export type PackName = string;

/** The pack of the release, or of `MATCHLIGHT_MODEL_PACK` if the environment sets it. */
export const RELEASE: PackName = "release";

/** The pack in force, and the pack that a roll-back activates. */
interface PackPointer {
  readonly active: PackName;
  readonly previous?: PackName;
}

const KEY = "packs";

export function readPointer(store: Store): PackPointer {
  return (store.get(KEY) as PackPointer | undefined) ?? { active: RELEASE };
}

/** The pointer to the active pack. Writing it activates a pack, at once or at the next start. */
export function pointingTo(pointer: PackPointer): Change {
  return { type: "put", key: KEY, value: pointer };
}

export function packsFolder(dataFolder: string): string {
  return join(dataFolder, "packs");
}

/** Whether the environment names the pack. Then no command can change it. */
export function packIsGiven(environment: Environment): boolean {
  return isGiven(environment, "modelPack");
}

/** An inference with the pack in force, and the packs that failed before it. */
export interface Started {
  readonly inference: Inference;
  readonly name: PackName;
  /** The packs that could not be used, with the reasons. */
  readonly setAside: readonly string[];
}

/**
 * Starts the pack in force. If it cannot be used any more, the device continues with the previous one, then with the release's
 * own. Throws DeviceFault `pack_refused` if that one cannot be used either.
 */
export async function startChosen(settings: PackSettings, environment: Environment, store: Store): Promise<Started> {
  const { dataFolder, modelPack, runtime } = settings;
  const { active, previous = RELEASE } = readPointer(store);
  const sent = active === RELEASE || packIsGiven(environment) ? [] : [active, previous];
  const publisher = await loadPublisherKeys(settings.packKey);
  const setAside: string[] = [];
  for (const name of sent.filter((one) => one !== RELEASE)) {
    try {
      const folder = join(packsFolder(dataFolder), name);
      return { inference: await startPack(folder, name, { runtime, publisher }), name, setAside };
    } catch (error) {
      setAside.push(`${name.slice(0, 16)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { inference: await startInference(packFolder(modelPack), runtime), name: RELEASE, setAside };
}

type PackSettings = Pick<Settings, "dataFolder" | "modelPack" | "packKey" | "runtime">;

/** Requires the publisher's signature of a sent pack. When a key is no longer trusted, its packs are refused, too. */
export async function requirePublisher(folder: string, hash: string, publisher: KeySet | undefined): Promise<void> {
  // A missing signature counts as a wrong one.
  const token = await readFile(join(folder, PACK_TOKEN_FILE), "latin1").catch(() => "");
  const claims = await readPackToken(token, publisher);
  if (claims.hash !== hash) throw new DeviceFault("pack_refused", `the token of ${hash} is another pack's`);
}

/**
 * Starts a sent pack. Throws CommandRefusal `pack_untrusted`, or DeviceFault `pack_refused`, also if its hash is not its name.
 */
export async function startPack(
  folder: string,
  hash: string,
  { runtime, publisher }: { readonly runtime: Settings["runtime"]; readonly publisher: KeySet | undefined },
): Promise<Inference> {
  await requirePublisher(folder, hash, publisher);
  const inference = await startInference(folder, runtime);
  if (inference.pack.hash === hash) return inference;
  await inference[Symbol.asyncDispose]();
  throw new DeviceFault("pack_refused", `the manifest of ${hash} is another one`);
}

/** The complete packs, which can be activated. */
export async function readyPacks(packs: string): Promise<readonly string[]> {
  const names = await readdir(packs).catch(() => []);
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).sort();
}

/** Removes incomplete packs that a power cut left, and all packs that are not in `keep`. */
export async function tidyPacks(packs: string, keep: readonly PackName[]): Promise<void> {
  await mkdir(packs, { recursive: true, mode: 0o700 });
  const gone = await removablePacks(packs, keep);
  for (const name of [BEGINNING, "unpacking", ...gone]) await rm(join(packs, name), { recursive: true, force: true });
}

/** The complete packs that are not in `keep`. */
export async function removablePacks(packs: string, keep: readonly PackName[]): Promise<readonly string[]> {
  return (await readyPacks(packs)).filter((name) => !keep.includes(name));
}
