import { readFile } from "node:fs/promises";
import { arch, cpus } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { readPack } from "../../models/pack/pack.ts";
import { DeviceFault } from "../faults.ts";
import { endThread } from "../inference/end-worker.ts";
import { packFolder } from "../process/package-folder.ts";
import { VERSION } from "../process/version.ts";
import type { Settings } from "../settings/settings.ts";
import { writeWhole } from "../storage/atomic-file.ts";
import {
  AUTO,
  CANDIDATES,
  type Circumstances,
  choosePack,
  chooseUntimed,
  type PackChoice,
  type PackTrial,
  recall,
} from "./pack-choice.ts";
import type { FromTrial, TrialSetup } from "./pack-trial-worker.ts";

/** The pack that `auto` stands for on this board, and how that is known. */
export interface Settled {
  readonly choice: PackChoice;
  /** `now`: both packs were timed; `before`: at an earlier start, under the same circumstances. */
  readonly measured: "now" | "before";
  /** Why the choice is not remembered, if so: it is made again at the next start. */
  readonly unsaved?: string;
}

/** What goes wrong with a trial that takes this long is not the packs' speed. */
const TRIAL_WITHIN_MS = 60_000;

/**
 * Which pack to load: the one that the settings name, or for `auto` what is remembered on the data folder or measured
 * now. A pack that cannot be read, or a trial that fails, is no reason to stand still: the first that can be read is
 * taken, and the reason says so. Throws DeviceFault `pack_refused` when there is none.
 */
export async function settlePack(
  settings: Pick<Settings, "modelPack" | "runtime" | "dataFolder">,
  measure: typeof timePacks = timePacks,
  folderOf: typeof packFolder = packFolder,
): Promise<Settled | undefined> {
  if (settings.modelPack !== AUTO) return undefined;
  const file = join(settings.dataFolder, "pack-choice.json");
  const { circumstances, unusable } = await look(settings.runtime, folderOf);
  const remembered = recall(await readJson(file), circumstances);
  if (remembered) return { choice: remembered, measured: "before" };
  const untimed = (why: string): Settled => ({
    choice: chooseUntimed(circumstances, why),
    measured: "now",
    unsaved: why,
  });
  if (unusable.length > 0) return untimed(unusable.join("; "));
  const trials = await measure(circumstances).catch((error: unknown) => textOf(error));
  if (typeof trials === "string") return untimed(trials);
  const choice = choosePack(circumstances, trials);
  try {
    await writeWhole(file, JSON.stringify(choice, null, 2));
    return { choice, measured: "now" };
  } catch (error) {
    return { choice, measured: "now", unsaved: String(error) };
  }
}

interface Looked {
  readonly circumstances: Circumstances;
  /** Of the packs to choose from those that cannot be read, and why. */
  readonly unusable: readonly string[];
}

async function look(runtime: Settings["runtime"], folderOf: typeof packFolder): Promise<Looked> {
  const packs: Circumstances["packs"][number][] = [];
  const unusable: string[] = [];
  for (const pack of CANDIDATES[runtime]) {
    const read = await readPack(folderOf(pack)).catch(textOf);
    if (typeof read === "string") unusable.push(read);
    else packs.push({ pack, hash: read.hash });
  }
  if (packs.length === 0) throw new DeviceFault("pack_refused", unusable.join("; "));
  const machine = `${arch()} ${cpus()[0]?.model.trim() ?? ""}`;
  return { circumstances: { software: VERSION, runtime, machine, packs }, unusable };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What cannot be read was never remembered: the packs are timed anew. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Times packs in turns on a thread of its own, for a few seconds. Throws DeviceFault `pack_refused`. */
export async function timePacks(
  { packs, runtime }: Circumstances,
  withinMs = TRIAL_WITHIN_MS,
): Promise<readonly PackTrial[]> {
  const workerData: TrialSetup = { folders: packs.map(({ pack }) => packFolder(pack)), runtime };
  const worker = new Worker(new URL("./pack-trial-worker.js", import.meta.url), { workerData });
  try {
    const frameMs = await new Promise<readonly number[]>((resolve, reject) => {
      const refuse = (why: string) => reject(new DeviceFault("pack_refused", `The packs could not be timed: ${why}.`));
      const late = setTimeout(() => refuse(`no answer within ${withinMs} ms`), withinMs).unref();
      worker.once("error", (error) => refuse(String(error)));
      worker.once("exit", () => refuse("the thread has ended"));
      worker.once("message", (message: FromTrial) => {
        clearTimeout(late);
        if (message.kind === "timed") resolve(message.frameMs);
        else refuse(message.problem);
      });
    });
    return packs.map(({ pack, hash }, i) => ({ pack, hash, frameMs: Number((frameMs[i] ?? 0).toFixed(2)) }));
  } finally {
    await endThread(worker);
  }
}
