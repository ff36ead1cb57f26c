import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ModelError } from "../../models/pack/errors.ts";
import { readPack } from "../../models/pack/pack.ts";
import type { PackClaims, ReportedPacks } from "../../protocol/messages/command-contract.ts";
import { CommandRefusal } from "../../protocol/readers/command-reader.ts";
import type { Chunk } from "../../protocol/readers/pack-chunk.ts";
import type { Inference } from "../inference/inference.ts";
import type { SwappableInference } from "../inference/swappable-inference.ts";
import type { Environment } from "../settings/environment.ts";
import type { Change, Store } from "../storage/store.ts";
import {
  type PackName,
  packIsGiven,
  pointingTo,
  RELEASE,
  readPointer,
  readyPacks,
  removablePacks,
  requirePublisher,
} from "./active-pack.ts";
import { startRelease, startTried, type TrialParts, tryPack } from "./try-pack.ts";
import { type Incoming, nameFolder, openIncoming } from "./upload.ts";

/** The model packs of a device: the pack in force, the one before it, complete ones, and one that is being received. */
export interface Packs {
  /**
   * Accepts the offer of a pack: `done` if it is already complete, `working` if its chunks are needed. Stored in one step with
   * `also`. Throws CommandRefusal.
   */
  offer(pack: PackClaims, token: string, also: readonly Change[]): Promise<"done" | "working">;
  /** Takes a chunk of the offered pack. After the last chunk the pack is tried. Throws CommandRefusal. */
  take(chunk: Chunk): Promise<"done" | "working" | "unwanted">;
  /** Activates a complete pack between two verifications, stored in one step with `also`. Throws CommandRefusal. */
  activate(hash: string, also: readonly Change[]): Promise<void>;
  rollBack(also: readonly Change[]): Promise<void>;
  reported(): Promise<ReportedPacks>;
}

interface PacksParts extends TrialParts {
  readonly environment: Environment;
  readonly store: Store;
  readonly swappable: SwappableInference;
  /** The name of the pack at the start. */
  readonly running: PackName;
  /** Runs work between two verifications. */
  readonly between: (work: () => Promise<void>) => Promise<void>;
  /** Called when another pack is in force. */
  readonly replaced: () => Promise<void>;
}

export function openPacks(parts: PacksParts): Packs {
  const { folder, store } = parts;
  let incoming: Incoming | undefined;
  let running = parts.running;

  const inUse = () => {
    const { active, previous = active } = readPointer(store);
    return [active, previous];
  };
  const offer = async (pack: PackClaims, token: string, also: readonly Change[]) => {
    const settled = () => store.write(also);
    if (await isWhole(parts, pack.hash)) return settled().then(() => "done" as const);
    incoming = await openIncoming({
      packs: folder,
      pack,
      token,
      removable: await removablePacks(folder, inUse()),
      settled,
    });
    return incoming.receivedBytes() < incoming.sizeBytes ? "working" : await complete(incoming);
  };
  const complete = async (all: Incoming) => {
    incoming = undefined;
    try {
      const unpacked = await all.unpack();
      await tryPack(unpacked, all.pack, parts);
      await nameFolder(unpacked, folder, all.pack.hash, await removablePacks(folder, inUse()));
    } finally {
      await all.drop();
    }
    return "done" as const;
  };
  /** The pointer is stored before the networks are replaced. After a power cut in between, the device starts the new pack. */
  const putIntoForce = (name: PackName, next: Inference, also: readonly Change[]) =>
    parts.between(async () => {
      await store.write([pointingTo({ active: name, previous: running }), ...also]);
      running = name;
      await parts.swappable.swappable(next);
      await parts.replaced();
    });
  const change = async (name: PackName, also: readonly Change[]) => {
    if (packIsGiven(parts.environment)) throw new CommandRefusal("set_by_environment", "MATCHLIGHT_MODEL_PACK");
    const next = name === RELEASE ? await startRelease(parts) : await startTried(name, parts);
    await putIntoForce(name, next, also).catch(async (error: unknown) => {
      if (running !== name) await next[Symbol.asyncDispose]();
      throw error;
    });
  };
  return {
    offer,
    async take(chunk) {
      if (incoming?.pack.hash !== chunk.hash) return "unwanted";
      await incoming.take(chunk);
      return incoming.receivedBytes() < incoming.sizeBytes ? "working" : await complete(incoming);
    },
    async activate(hash, also) {
      if (hash === running && hash === readPointer(store).active) return store.write(also);
      if (!(await readyPacks(folder)).includes(hash)) throw new CommandRefusal("unknown_pack", hash);
      await change(hash, also);
    },
    async rollBack(also) {
      const { previous } = readPointer(store);
      if (previous === undefined || previous === running) throw new CommandRefusal("nothing_to_roll_back");
      await change(previous, also);
    },
    reported: async () => ({
      active: { id: parts.swappable.pack.id, hash: parts.swappable.pack.hash, from: originOf(running, parts) },
      previous: readPointer(store).previous ?? null,
      ready: [...(await readyPacks(folder))],
      ...(incoming ? { incoming: progressOf(incoming) } : {}),
    }),
  };
}

function progressOf({ pack, sizeBytes, receivedBytes }: Incoming) {
  return { hash: pack.hash, sizeBytes, receivedBytes: receivedBytes() };
}

function originOf(running: PackName, { environment }: PacksParts): ReportedPacks["active"]["from"] {
  if (running !== RELEASE) return "command";
  return packIsGiven(environment) ? "environment" : "release";
}

/** Whether a pack is present, undamaged and trusted. Otherwise it is removed, so that it can be sent again. */
async function isWhole({ folder, publisher }: PacksParts, hash: string): Promise<boolean> {
  if (!(await readyPacks(folder)).includes(hash)) return false;
  try {
    await requirePublisher(join(folder, hash), hash, publisher);
    return (await readPack(join(folder, hash))).hash === hash;
  } catch (error) {
    if (!(error instanceof ModelError || error instanceof CommandRefusal)) throw error;
    await rm(join(folder, hash), { recursive: true, force: true });
    return false;
  }
}
