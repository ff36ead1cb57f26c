import { readFile } from "node:fs/promises";
import { arch, cpus } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { readPack } from "../models/pack.ts";
import { DeviceFault } from "./faults.ts";
import { writeWhole } from "./link/copy.ts";
import {
  AUTO,
  CANDIDATES,
  type Circumstances,
  choosePack,
  type PackChoice,
  type PackTrial,
  recall,
} from "./pack-choice.ts";
import type { FromTrial, TrialSetup } from "./pack-trial-worker.ts";
import { packFolder } from "./paths.ts";
import type { Settings } from "./settings.ts";
import { VERSION } from "./version.ts";

/** The pack that `auto` stands for on this board, and how that is known. */
export interface Settled {
  readonly choice: PackChoice;
  /** `now`: both packs were timed; `before`: at an earlier start, under the same circumstances. */
  readonly measured: "now" | "before";
  /** Why the choice could not be remembered, if so: it is made again at the next start. */
  readonly unsaved?: string;
}

/** What goes wrong with a trial that takes this long is not the packs' speed. */
const TRIAL_WITHIN_MS = 60_000;

/**
 * Which pack to load: the one that the settings name, or for `auto` what is remembered on the data folder or measured
 * now. Throws DeviceFault `pack_refused` when one of the packs to choose from cannot be used.
 */
export async function settlePack(
  settings: Pick<Settings, "modelPack" | "runtime" | "dataFolder">,
  measure: typeof timePacks = timePacks,
): Promise<Settled | undefined> {
  if (settings.modelPack !== AUTO) return undefined;
  const file = join(settings.dataFolder, "pack-choice.json");
  const circumstances = await look(settings.runtime);
  const remembered = recall(await readJson(file), circumstances);
  if (remembered) return { choice: remembered, measured: "before" };
  const choice = choosePack(circumstances, await measure(circumstances));
  try {
    await writeWhole(file, JSON.stringify(choice, null, 2));
    return { choice, measured: "now" };
  } catch (error) {
    return { choice, measured: "now", unsaved: String(error) };
  }
}

async function look(runtime: Settings["runtime"]): Promise<Circumstances> {
  const packs: Circumstances["packs"][number][] = [];
  for (const pack of CANDIDATES[runtime]) {
    const { hash } = await readPack(packFolder(pack)).catch((cause: unknown) => {
      throw new DeviceFault("pack_refused", String(cause), { cause });
    });
    packs.push({ pack, hash });
  }
  return { software: VERSION, runtime, machine: `${arch()} ${cpus()[0]?.model.trim() ?? ""}`, packs };
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
export async function timePacks({ packs, runtime }: Circumstances): Promise<readonly PackTrial[]> {
  const workerData: TrialSetup = { folders: packs.map(({ pack }) => packFolder(pack)), runtime };
  const worker = new Worker(new URL("./pack-trial-worker.js", import.meta.url), { workerData });
  try {
    const frameMs = await new Promise<readonly number[]>((resolve, reject) => {
      const refuse = (why: string) => reject(new DeviceFault("pack_refused", `The packs could not be timed: ${why}.`));
      const late = setTimeout(() => refuse(`no answer within ${TRIAL_WITHIN_MS} ms`), TRIAL_WITHIN_MS).unref();
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
    await worker.terminate();
  }
}
