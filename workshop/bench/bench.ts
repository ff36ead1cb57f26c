import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Progress } from "../../cli/console/progress.ts";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { loadMedia, type Media } from "../../cli/demo/media.ts";
import { findFfmpeg } from "../../drivers/film/ffmpeg.ts";
import { openResources, type Resources } from "../../protocol/common/disposable-stack.ts";
import { type Entry, startContender } from "./contenders.ts";
import type { Pass } from "./messages.ts";
import { installPeers } from "./peers.ts";
import { openCounter, type Verification } from "./verification.ts";

const run = promisify(execFile);

/** The results of a contender in all rounds. */
export interface Measured {
  readonly entry: Entry;
  /** The passes of each round. */
  readonly rounds: readonly (readonly Pass[])[];
  /** The most memory that its process had at the end of a round. */
  readonly residentBytes: number;
}

export interface Verified {
  readonly pack: string;
  readonly runs: readonly Verification[];
}

export interface Raw {
  readonly measured: readonly Measured[];
  readonly verified: readonly Verified[];
}

export interface BenchOptions {
  readonly rounds: number;
  /**
   * Passes of each contender in a round: enough for a median, and few enough that all contenders run under the same
   * load.
   */
  readonly frames: number;
  readonly peers: boolean;
  readonly verifications: boolean;
  readonly print: (text: string) => void;
  readonly bar: (label: string) => Progress;
}

/** Passes before the first measured one, for compilation and memory. */
const WARM_UP = 2;
const PACKS = ["int8", "fp32"] as const;

/** Runs the measurements of the options. Throws if a contender, the peers' packages or the films are not available. */
export async function bench(options: BenchOptions): Promise<Raw> {
  await using all = openResources();
  const media = await loadMedia(options.print);
  const entries = [...OWN_ENTRIES, ...(options.peers ? peersIn(await installPeers(options.print)) : [])];
  const measured = await measureFrames(all, entries, await makeFrame(all, media), options);
  const verified = options.verifications ? await measureVerifications(media, options) : [];
  return { measured, verified };
}

const OWN_ENTRIES: readonly Entry[] = [
  { name: "int8", what: "this, pack int8", setup: { kind: "matchlight", pack: "int8", runtime: "onnx" } },
  { name: "fp32", what: "this, pack fp32", setup: { kind: "matchlight", pack: "fp32", runtime: "onnx" } },
  { name: "tfjs", what: "this, fp32 on TensorFlow.js", setup: { kind: "matchlight", pack: "fp32", runtime: "tfjs" } },
];

function peersIn(folder: string): readonly Entry[] {
  return [
    { name: "human", what: "@vladmandic/human 3.3.6", setup: { kind: "human", folder } },
    { name: "face-api", what: "face-api 1.7.15, no liveness", setup: { kind: "face-api", folder } },
  ];
}

/** A man at a counter, 1280×720: the frame on which the virtual board counts instructions, too. */
async function makeFrame(all: Resources, media: Media): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-bench-"));
  all.onClose(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "frame.jpg");
  const how = ["-vf", "scale=900:720,pad=1280:720:190:0", "-frames:v", "1", "-q:v", "3", file];
  await run(findFfmpeg(), ["-nostdin", "-v", "error", "-ss", "4", "-i", media.path("franck.mp4"), ...how]);
  return file;
}

/** All contenders are loaded first and then take turns, so that each runs under the same load. */
async function measureFrames(
  all: Resources,
  entries: readonly Entry[],
  frame: string,
  { rounds, frames, bar }: BenchOptions,
): Promise<readonly Measured[]> {
  const progress = bar("frames");
  const total = entries.length * (rounds + 1);
  let done = 0;
  const contenders = [];
  for (const entry of entries) {
    const contender = all.use(await startContender(entry, frame));
    await contender.measure(WARM_UP * frames);
    contenders.push({ contender, rounds: [] as (readonly Pass[])[], most: 0 });
    progress(++done, total);
  }
  for (let round = 0; round < rounds; round++) {
    for (const one of contenders) {
      const { passes, residentBytes } = await one.contender.measure(frames);
      one.rounds.push(passes);
      one.most = Math.max(one.most, residentBytes);
      progress(++done, total);
    }
  }
  return contenders.map(({ contender, rounds: made, most }) => ({
    entry: contender.entry,
    rounds: made,
    residentBytes: most,
  }));
}

async function measureVerifications(media: Media, { rounds, bar }: BenchOptions): Promise<readonly Verified[]> {
  await using all = openResources();
  const reference = await chipPhoto(media.path("franck_02221.jpg"));
  const progress = bar("verifications");
  const counters = [];
  for (const pack of PACKS) counters.push(all.use(await openCounter(pack, media.path("franck.mp4"), reference)));
  const verified = counters.map(({ name }) => ({ pack: name, runs: [] as Verification[] }));
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [i, counter] of counters.entries()) {
      verified[i]?.runs.push(await counter.verify());
      progress(++done, rounds * counters.length);
    }
  }
  return verified;
}
