import { availableParallelism, cpus } from "node:os";
import type { Measured, Raw, Verified } from "./bench.ts";
import { EMBEDDER, FOLLOWED, FRAME, OUR_STAGES, type Pass, type Took } from "./messages.ts";
import { ratioOf, type Spread, spreadOf } from "./statistics.ts";

/** A stage of a contender over all passes, in milliseconds. */
export interface StageReport {
  readonly stage: string;
  readonly wallMs: Spread;
  readonly cpuMs: Spread;
}

export interface ContenderReport {
  readonly name: string;
  readonly what: string;
  readonly stages: readonly StageReport[];
  readonly residentMegabytes: number;
}

/** The ratio of two costs; `goal` is the least wanted value. */
export interface RatioReport {
  readonly what: string;
  readonly wall: Spread;
  readonly cpu: Spread;
  readonly goal: number | undefined;
}

export interface VerificationReport {
  readonly pack: string;
  readonly decisions: readonly string[];
  readonly verdictMs: Spread;
  readonly looked: Spread;
  readonly used: Spread;
  readonly residentMegabytes: number | undefined;
}

export interface BenchReport {
  readonly machine: string;
  readonly contenders: readonly ContenderReport[];
  readonly ratios: readonly RatioReport[];
  readonly verifications: readonly VerificationReport[];
}

/**
 * The outputs that the peers also have: the sum of our stages without signs of life and the check for a covered mouth;
 * all that a peer does.
 */
export const PEERS_OUTPUTS = "peers' outputs";

/** The stages of a report, in reading order. */
export const STAGES = [...OUR_STAGES, EMBEDDER, PEERS_OUTPUTS, FRAME, FOLLOWED] as const;

/** Makes the report of the measurements. */
export function describeBench({ measured, verified }: Raw): BenchReport {
  const model = cpus()[0]?.model.trim() ?? "an unknown processor";
  return {
    machine: `${availableParallelism()} cores (${model}), Node ${process.versions.node}, ${process.platform}-${process.arch}`,
    contenders: measured.map(describeContender),
    ratios: RATIOS.flatMap((ratio) => describeRatio(measured, ratio)),
    verifications: verified.map(describeVerified),
  };
}

interface Ratio {
  readonly what: string;
  readonly more: string;
  readonly less: string;
  readonly stage: string;
  readonly goal?: number;
}

const RATIOS: readonly Ratio[] = [
  { what: "the same outputs: human by int8", more: "human", less: "int8", stage: PEERS_OUTPUTS, goal: 8 },
  { what: "the same outputs: face-api by int8", more: "face-api", less: "int8", stage: PEERS_OUTPUTS },
  {
    what: "a first frame, with signs of life and the mouth check included: human by int8",
    more: "human",
    less: "int8",
    stage: FRAME,
  },
  { what: "a frame: fp32 by int8", more: "fp32", less: "int8", stage: FRAME },
  { what: "the embedder alone: fp32 by int8", more: "fp32", less: "int8", stage: EMBEDDER, goal: 2.5 },
  { what: "a frame: fp32 on TensorFlow.js by onnxruntime", more: "tfjs", less: "fp32", stage: FRAME },
];

function describeRatio(measured: readonly Measured[], ratio: Ratio): readonly RatioReport[] {
  const { what, more, less, stage, goal } = ratio;
  const [some, others] = [more, less].map((name) => measured.find(({ entry }) => entry.name === name));
  if (!some || !others) return [];
  const values = ({ rounds }: Measured, unit: keyof Took) => rounds.map((passes) => passes.map(took(stage, unit)));
  const of = (unit: keyof Took) => ratioOf(values(some, unit), values(others, unit));
  return [{ what, wall: of("wallMs"), cpu: of("cpuMs"), goal }];
}

function describeContender({ entry, rounds, residentBytes }: Measured): ContenderReport {
  const passes = rounds.flat();
  const stages = STAGES.filter((stage) => stage === FRAME || "decode" in (passes[0] ?? {}));
  return {
    name: entry.name,
    what: entry.what,
    residentMegabytes: residentBytes / 1e6,
    stages: stages.map((stage) => ({
      stage,
      wallMs: spreadOf(passes.map(took(stage, "wallMs"))),
      cpuMs: spreadOf(passes.map(took(stage, "cpuMs"))),
    })),
  };
}

/** The duration of a stage in a pass. */
function took(stage: string, unit: keyof Took): (pass: Pass) => number {
  const of = (pass: Pass, name: string) => pass[name]?.[unit] ?? Number.NaN;
  if (stage === PEERS_OUTPUTS) {
    const parts = ["decode", "detect", "landmarks", "quality", "liveness", "embed"];
    return (pass) => ("decode" in pass ? parts.reduce((sum, part) => sum + of(pass, part), 0) : of(pass, FRAME));
  }
  return (pass) => of(pass, stage);
}

function describeVerified({ pack, runs }: Verified): VerificationReport {
  const resident = runs.flatMap(({ residentBytes }) => (residentBytes === undefined ? [] : [residentBytes / 1e6]));
  return {
    pack,
    decisions: [...new Set(runs.map(({ decision }) => decision))],
    verdictMs: spreadOf(runs.map(({ verdictMs }) => verdictMs)),
    looked: spreadOf(runs.map(({ looked }) => looked)),
    used: spreadOf(runs.map(({ used }) => used)),
    residentMegabytes: resident.length > 0 ? Math.max(...resident) : undefined,
  };
}
