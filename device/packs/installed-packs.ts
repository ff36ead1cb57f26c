import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ACCEPTANCE_CARD_FILE, readAcceptanceCard } from "../../models/pack/acceptance-card.ts";
import { ModelError } from "../../models/pack/errors.ts";
import type { Threshold } from "../../models/pack/manifest.ts";
import { readPack } from "../../models/pack/pack.ts";
import { chooseThreshold } from "../../models/pack/threshold.ts";
import type { KeySet } from "../../protocol/encoding/tokens.ts";
import type { PackClaims, ReportedPacks } from "../../protocol/messages/command-contract.ts";
import { CommandRefusal } from "../../protocol/readers/command-reader.ts";
import type { Chunk } from "../../protocol/readers/pack-chunk.ts";
import { type Inference, startInference } from "../inference/inference.ts";
import type { SwappableInference } from "../inference/swappable-inference.ts";
import type { Environment } from "../settings/environment.ts";
import type { Settings } from "../settings/settings.ts";
import type { Change, Store } from "../storage/store.ts";
import { asRefusal, judgePack, measurePack } from "./acceptance.ts";
import {
  type PackName,
  packIsGiven,
  pointingTo,
  RELEASE,
  readPointer,
  readyPacks,
  removablePacks,
  requirePublisher,
  startPack,
} from "./active-pack.ts";
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

interface PacksParts {
  /** The folder of the sent packs. */
  readonly folder: string;
  /** The folder of the release's own pack. */
  readonly releaseFolder: string;
  readonly runtime: Settings["runtime"];
  /** The keys that sign accepted packs. */
  readonly publisher: KeySet | undefined;
  readonly environment: Environment;
  readonly store: Store;
  readonly swappable: SwappableInference;
  /** The name of the pack at the start. */
  readonly running: PackName;
  /** Runs work between two verifications. */
  readonly between: (work: () => Promise<void>) => Promise<void>;
  /** How many verifications have begun so far. */
  readonly begun: () => number;
  /** The false match rate in force, which a pack must support. */
  readonly fmr: () => number;
  readonly nowMs: () => number;
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

/** Starts the release's own pack, which must also support the rate in force. Throws CommandRefusal. */
async function startRelease({ releaseFolder, runtime, fmr }: PacksParts): Promise<Inference> {
  const inference = await startInference(releaseFolder, runtime);
  try {
    requireFmr(inference.pack.thresholds, fmr());
    return inference;
  } catch (error) {
    await inference[Symbol.asyncDispose]();
    return asRefusal(error);
  }
}

/** Checks an unpacked pack: its manifest, its networks and its card. Throws CommandRefusal. */
async function tryPack(folder: string, pack: PackClaims, parts: PacksParts): Promise<void> {
  await requireRules(folder, pack).catch(asRefusal);
  const inference = await startTriedIn(folder, pack.hash, parts);
  await inference[Symbol.asyncDispose]();
}

async function requireRules(folder: string, { id, version, files }: PackClaims): Promise<void> {
  const { manifest } = await readPack(folder);
  const networks = Object.values(manifest.networks).map(({ file }) => file);
  const wanted = ["manifest.json", ACCEPTANCE_CARD_FILE, ...networks].sort();
  const names = files.map(({ name }) => name).sort();
  if (String(names) !== String(wanted)) throw new CommandRefusal("pack_invalid", `it holds ${names.join(", ")}`);
  if (id !== manifest.id || version !== manifest.version) {
    throw new CommandRefusal(
      "pack_invalid",
      `its token calls it ${id} ${version}, its manifest ${manifest.id} ${manifest.version}`,
    );
  }
}

const startTried = (hash: string, parts: PacksParts) => startTriedIn(join(parts.folder, hash), hash, parts);

/** Starts a pack and measures it. Throws CommandRefusal, and then closes it. */
async function startTriedIn(folder: string, hash: string, parts: PacksParts): Promise<Inference> {
  const inference = await startPack(folder, hash, parts).catch(asRefusal);
  try {
    requireFmr(inference.pack.thresholds, parts.fmr());
    await requireCard(inference, folder, parts);
    return inference;
  } catch (error) {
    await inference[Symbol.asyncDispose]();
    return asRefusal(error);
  }
}

/** A verification at the same time makes a pack look slow. Then it is measured again, this often at most. */
const MEASURED_AT_MOST = 3;

async function requireCard(inference: Inference, folder: string, parts: PacksParts): Promise<void> {
  const card = await readAcceptanceCard(folder);
  for (let tries = 1; ; tries++) {
    const begun = parts.begun();
    const problem = judgePack(await measurePack(inference, card, parts.nowMs), card, inference.pack);
    if (!problem) return;
    const disturbed = problem.code === "too_slow" && parts.begun() !== begun;
    if (!disturbed || tries === MEASURED_AT_MOST) throw new CommandRefusal(problem.code, problem.detail);
  }
}

function requireFmr(thresholds: readonly Threshold[], fmr: number): void {
  try {
    chooseThreshold(thresholds, fmr);
  } catch (error) {
    throw new CommandRefusal("fmr_unsupported", error instanceof Error ? error.message : String(error));
  }
}
