import { setImmediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { type Pack, readPack } from "../../models/pack/pack.ts";
import type { LoadNetwork, Network, Pixels } from "../../models/runtime/network.ts";
import { openRuntime, type Runtime } from "../../models/runtime/runtime.ts";
import type { EndOfThread } from "../inference/end-worker.ts";

export interface TrialSetup {
  readonly folders: readonly string[];
  readonly runtime: Runtime;
}

/** Milliseconds for all four networks of each pack, in the order of the folders. */
export type FromTrial =
  | { readonly kind: "timed"; readonly frameMs: readonly number[] }
  | { readonly kind: "refused"; readonly problem: string };

/** Long enough to be sure of a tenth, short enough that nobody waits for it at a first start. */
const TRIAL_MS = 4_000;
const ROUNDS = { least: 3, most: 100 } as const;

type Frame = () => Promise<void>;

/** The packs take turns, so that what else the board does meets all of them; the first round warms up. */
async function time({ folders, runtime }: TrialSetup): Promise<readonly number[]> {
  const loadNetwork = await openRuntime(runtime);
  const frames: Frame[] = [];
  for (const folder of folders) frames.push(await openFrame(await readPack(folder), loadNetwork));
  for (const frame of frames) await frame();
  const times = frames.map((): number[] => []);
  const untilMs = performance.now() + TRIAL_MS;
  for (let round = 0; round < ROUNDS.most && (round < ROUNDS.least || performance.now() < untilMs); round++) {
    for (const [i, frame] of frames.entries()) {
      // A runtime that never waits would let no message in before all is over.
      await setImmediate();
      const startedMs = performance.now();
      await frame();
      times[i]?.push(performance.now() - startedMs);
    }
  }
  return times.map(median);
}

/** What a scored frame asks of a pack: each of its networks once, on grey. */
async function openFrame({ manifest, bytes }: Pack, load: LoadNetwork): Promise<Frame> {
  const networks: (readonly [Network, Pixels])[] = [];
  for (const name of ["detector", "landmarks", "embedder", "liveness"] as const) {
    const { input, outputs, preprocessing } = manifest.networks[name];
    const length = input.shape.reduce((product, size) => product * size, 1);
    const grey = (128 - preprocessing.mean) / preprocessing.scale;
    const pixels = input.type === "uint8" ? new Uint8Array(length).fill(128) : new Float32Array(length).fill(grey);
    networks.push([await load(bytes[name], input, outputs), pixels]);
  }
  return async () => {
    for (const [network, pixels] of networks) await network.run(pixels);
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

if (parentPort) {
  const port = parentPort;
  // A message is only heard between two runs of a network, when the thread may end.
  port.once("message", (_end: EndOfThread) => process.exit());
  void time(workerData).then(
    (frameMs) => port.postMessage({ kind: "timed", frameMs } satisfies FromTrial),
    (error: unknown) => port.postMessage({ kind: "refused", problem: String(error) } satisfies FromTrial),
  );
}
