import type { Graph } from "../../models/onnx/graph.ts";
import type { NetworkEntry } from "../../models/pack/manifest.ts";
import type { NetworkName } from "../../models/pack/pack.ts";
import type { DriftBound } from "./compare/drift.ts";
import { requireSame } from "./compare/equivalence.ts";
import { evaluate } from "./compare/evaluator.ts";
import { countOf } from "./graph-rewrites.ts";
import { type Calibration, type CalibrationOptions, calibrate, measureMagnitudes } from "./inputs/calibrate.ts";
import { dropDeadChannels } from "./passes/drop-dead-channels.ts";
import { chooseFactors, equalisableValues, equaliseChannels } from "./passes/equalise-channels.ts";
import { foldBatchNorm } from "./passes/fold-batch-norm.ts";
import { foldConstants } from "./passes/fold-constants.ts";
import { outsideBlocks } from "./passes/outside-blocks.ts";
import { quantise } from "./passes/quantise.ts";
import { quantiseWeights } from "./passes/quantise-weights.ts";
import { shiftInput } from "./passes/shift-input.ts";
import { slopesAsMaximum } from "./passes/slopes-as-maximum.ts";
import { tameSlopes } from "./passes/tame-slopes.ts";
import { upgradeOpset } from "./passes/upgrade-opset.ts";

/** What a network computes in integers: all, its blocks only, or nothing. Its weights are stored as bytes. */
export type Form = "integers" | "blocks" | "weights";
export type Forms = Readonly<Record<NetworkName, Form>>;

/** The shipped forms; docs/adr/0012 has the reasons. */
export const FORMS: Forms = {
  detector: "blocks",
  landmarks: "blocks",
  embedder: "integers",
  liveness: "weights",
};

/**
 * The largest distance from the float original: about twice the distance of the shipped networks on the same faces,
 * which the comments give as mean and worst.
 */
export const DRIFT_BOUNDS: Readonly<Record<NetworkName, DriftBound>> = {
  // 0.139, 0.183: over all its boxes, those without a face included.
  detector: { unit: "deviation", mean: 0.25, worst: 0.3 },
  // 0.012, 0.020
  landmarks: { unit: "deviation", mean: 0.02, worst: 0.03 },
  // 0.010, 0.023: cosines of 0.990 and 0.977.
  embedder: { unit: "cosine", mean: 0.02, worst: 0.05 },
  // 0.025, 0.071
  liveness: { unit: "deviation", mean: 0.05, worst: 0.15 },
};

/** The share of values that is cut from the ranges. A detector must keep its strongest answers. */
const TAILS: Readonly<Record<NetworkName, number>> = {
  detector: 0,
  landmarks: 1e-5,
  embedder: 1e-5,
  liveness: 1e-5,
};

/** Whether channels are equalised. The detector was less certain with it. */
const EQUALISED: Readonly<Record<NetworkName, boolean>> = {
  detector: false,
  landmarks: true,
  embedder: true,
  liveness: true,
};

/** A simplified float network, and what changed. */
export interface Simplified {
  readonly graph: Graph;
  readonly dropped: number;
  readonly channels: number;
}

/**
 * Simplifies a float network without changing its outputs; each step is checked on random inputs. Throws QuantiseError
 * if a step changed them.
 */
export async function simplify(source: Graph): Promise<Simplified> {
  const zeros = new Map(
    source.inputs.map(({ name, shape = [] }) => [name, { shape, values: new Float32Array(countOf(shape)) }]),
  );
  const folded = await requireSame(source, await foldConstants(source, (graph) => evaluate(graph, zeros)), evaluate);
  const joined = await requireSame(folded, foldBatchNorm(folded), evaluate);
  const upgraded = await requireSame(joined, upgradeOpset(joined), evaluate);
  const tamed = await requireSame(upgraded, tameSlopes(upgraded), evaluate);
  const { graph, dropped, total } = dropDeadChannels(tamed);
  return { graph: await requireSame(tamed, graph, evaluate), dropped, channels: total };
}

/** Calibrates a simplified network on recorded inputs. */
export async function measure(
  name: NetworkName,
  graph: Graph,
  inputs: readonly Float32Array[],
  form: Form,
  progress: CalibrationOptions["progress"],
): Promise<Calibration> {
  if (form === "weights") return { steps: new Map(), ranges: new Map() };
  const options = { tail: TAILS[name], ...(progress ? { progress } : {}) };
  const few = inputs.filter((_, i) => i % 3 === 0);
  const values = EQUALISED[name] ? equalisableValues(graph) : [];
  const steps = chooseFactors(graph, await measureMagnitudes(graph, values, few));
  const equal = await requireSame(graph, equaliseChannels(graph, steps), evaluate);
  return { steps, ranges: await calibrate(equal, inputs, options) };
}

/** Quantises a simplified network. If all is in integers its input is the bytes of the image. Pure. */
export function toInt8(
  graph: Graph,
  form: Form,
  { steps, ranges }: Calibration,
  { mean, scale }: NetworkEntry["preprocessing"],
): Graph {
  if (form === "weights") return quantiseWeights(slopesAsMaximum(graph));
  const equal = equaliseChannels(graph, steps);
  if (form === "blocks") return quantiseWeights(quantise(equal, ranges, { floatNodes: outsideBlocks(equal) }));
  const zeroPoint = Math.round(mean);
  // real = (byte − mean) / scale = (byte − zeroPoint) / scale + (zeroPoint − mean) / scale.
  const shifted = shiftInput(equal, (zeroPoint - mean) / scale);
  return quantise(shifted, ranges, { input: { scale: Math.fround(1 / scale), zeroPoint } });
}
