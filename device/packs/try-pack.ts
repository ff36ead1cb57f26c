import { join } from "node:path";
import { ACCEPTANCE_CARD_FILE, readAcceptanceCard } from "../../models/pack/acceptance-card.ts";
import type { Threshold } from "../../models/pack/manifest.ts";
import { readPack } from "../../models/pack/pack.ts";
import { chooseThreshold } from "../../models/pack/threshold.ts";
import type { KeySet } from "../../protocol/encoding/tokens.ts";
import type { PackClaims } from "../../protocol/messages/command-contract.ts";
import { CommandRefusal } from "../../protocol/readers/command-reader.ts";
import { type Inference, startInference } from "../inference/inference.ts";
import type { Settings } from "../settings/settings.ts";
import { asRefusal, judgePack, measurePack } from "./acceptance.ts";
import { startPack } from "./active-pack.ts";

/** What a pack is tried with. */
export interface TrialParts {
  /** The folder of the sent packs. */
  readonly folder: string;
  /** The folder of the release's own pack. */
  readonly releaseFolder: string;
  readonly runtime: Settings["runtime"];
  /** The keys that sign accepted packs. */
  readonly publisher: KeySet | undefined;
  /** How many verifications have begun so far. */
  readonly begun: () => number;
  /** The false match rate in force, which a pack must support. */
  readonly fmr: () => number;
  readonly nowMs: () => number;
}

/** Starts the release's own pack, which must also support the rate in force. Throws CommandRefusal. */
export async function startRelease({ releaseFolder, runtime, fmr }: TrialParts): Promise<Inference> {
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
export async function tryPack(folder: string, pack: PackClaims, parts: TrialParts): Promise<void> {
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

/** Starts a complete pack. Throws CommandRefusal. */
export const startTried = (hash: string, parts: TrialParts) => startTriedIn(join(parts.folder, hash), hash, parts);

/** Starts a pack and measures it. Throws CommandRefusal, and then closes it. */
async function startTriedIn(folder: string, hash: string, parts: TrialParts): Promise<Inference> {
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

async function requireCard(inference: Inference, folder: string, parts: TrialParts): Promise<void> {
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
