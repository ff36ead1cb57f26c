import type { Runtime } from "../../models/runtime/runtime.ts";

/** The word that leaves the choice of a pack to the device. */
export const AUTO = "auto";

/** The shipped packs that each runtime can compute, the preferred first. */
export const CANDIDATES: Readonly<Record<Runtime, readonly string[]>> = { onnx: ["int8", "fp32"], tfjs: ["fp32"] };

/** The packs that a setting stands for: one, or those that the device chooses from. Pure. */
export function packsToTry(modelPack: string, runtime: Runtime): readonly string[] {
  return modelPack === AUTO ? CANDIDATES[runtime] : [modelPack];
}

/** What one pack's networks took on this board: all four once, in milliseconds, the median of several rounds. */
export interface PackTrial {
  readonly pack: string;
  readonly hash: string;
  readonly frameMs: number;
}

/** What a choice depends on: with another of these it is made anew. */
export interface Circumstances {
  readonly software: string;
  readonly runtime: Runtime;
  /** The processor, so that a card that moved to another board does not bring its choice along. */
  readonly machine: string;
  readonly packs: readonly Pick<PackTrial, "pack" | "hash">[];
}

/** A pack that was chosen, and why. Plain data: it is remembered, logged, and can be carried in a status. */
export interface PackChoice extends Omit<Circumstances, "packs"> {
  readonly chosen: string;
  readonly hash: string;
  readonly reason: string;
  readonly trials: readonly PackTrial[];
}

/** Differences smaller than this come and go with what else a board does. */
const FASTER_BY = 0.1;

/** The preferred pack, the first, unless another is faster by at least 10 %. Pure. */
export function choosePack({ packs: _, ...circumstances }: Circumstances, trials: readonly PackTrial[]): PackChoice {
  const [preferred, ...others] = trials;
  if (!preferred) throw new Error("there must be a pack to choose from");
  const fastest = others.reduce((best, one) => (one.frameMs < best.frameMs ? one : best), preferred);
  const worthIt = fastest.frameMs <= preferred.frameMs * (1 - FASTER_BY);
  const { pack, hash } = worthIt ? fastest : preferred;
  return { ...circumstances, chosen: pack, hash, reason: reasonOf(pack, trials), trials };
}

/** The preferred pack, where none could be timed: what hinders a trial need not hinder a verification. Pure. */
export function chooseUntimed({ packs, ...circumstances }: Circumstances, why: string): PackChoice {
  const [preferred] = packs;
  if (!preferred) throw new Error("there must be a pack to choose from");
  const reason = `${preferred.pack} is preferred, and no other can be weighed against it: ${why}`;
  return { ...circumstances, chosen: preferred.pack, hash: preferred.hash, reason, trials: [] };
}

function reasonOf(chosen: string, trials: readonly PackTrial[]): string {
  const [preferred] = trials;
  if (trials.length === 1) return `${chosen} is the only shipped pack that this runtime computes`;
  const times = trials.map(({ pack, frameMs }) => `${pack} ${frameMs.toFixed(1)} ms`).join(", ");
  if (chosen !== preferred?.pack) return `${chosen} is faster by at least 10 %: ${times}`;
  return `no other pack is faster than ${chosen} by at least 10 %: ${times}`;
}

/** Why this pack is in force, if it is the one that was chosen: one that an operator sent has no such reason. Pure. */
export function becauseOf(hash: string, choice: PackChoice | undefined): string | undefined {
  return choice?.hash === hash ? choice.reason : undefined;
}

/** A remembered choice, if it is one and was made under the same circumstances. Pure. */
export function recall(remembered: unknown, { packs, ...now }: Circumstances): PackChoice | undefined {
  if (!isChoice(remembered)) return undefined;
  const { software, runtime, machine, trials, chosen } = remembered;
  if (software !== now.software || runtime !== now.runtime || machine !== now.machine) return undefined;
  const same = (a: PackTrial | undefined, b: Circumstances["packs"][number]) => a?.pack === b.pack && a.hash === b.hash;
  const all = trials.length === packs.length && packs.every((pack, i) => same(trials[i], pack));
  return all && packs.some(({ pack }) => pack === chosen) ? remembered : undefined;
}

function isChoice(value: unknown): value is PackChoice {
  if (typeof value !== "object" || value === null) return false;
  const { chosen, hash, reason, trials } = value as Partial<Record<keyof PackChoice, unknown>>;
  const texts = [chosen, hash, reason].every((text) => typeof text === "string");
  return texts && Array.isArray(trials) && trials.every(isTrial);
}

function isTrial(value: unknown): value is PackTrial {
  if (typeof value !== "object" || value === null) return false;
  const { pack, hash, frameMs } = value as Partial<Record<keyof PackTrial, unknown>>;
  return typeof pack === "string" && typeof hash === "string" && typeof frameMs === "number";
}
