import { countOf, type Graph } from "../../models/onnx/graph.ts";
import type { NetworkEntry } from "../../models/pack/manifest.ts";
import type { NetworkName } from "../../models/pack/pack.ts";
import { type Calibration, type CalibrationOptions, calibrate, measureMagnitudes } from "./calibrate.ts";
import type { DriftBound } from "./drift.ts";
import { requireSame } from "./equivalence.ts";
import { evaluate } from "./evaluator.ts";
import { dropDeadChannels } from "./passes/drop-dead-channels.ts";
import { chooseFactors, equalisableValues, equaliseChannels } from "./passes/equalise-channels.ts";
import { foldBatchNorm } from "./passes/fold-batch-norm.ts";
import { foldConstants } from "./passes/fold-constants.ts";
import { quantise } from "./passes/quantise.ts";
import { quantiseWeights } from "./passes/quantise-weights.ts";
import { shiftInput } from "./passes/shift-input.ts";
import { tameSlopes } from "./passes/tame-slopes.ts";
import { upgradeOpset } from "./passes/upgrade-opset.ts";

/** What becomes of a network: all of it integers, or weights stored as bytes with the computing left in floats. */
export type Form = "integers" | "weights";
export type Forms = Readonly<Record<NetworkName, Form>>;

/**
 * The forms that ship. Only the embedder gains much by integers on x86; on ARM all do, at too high a price
 * (docs/adr/0012). The detector in integers doubts other faces than the float one does; landmarks in integers move by
 * 0.9 % of the eye distance; the liveness of live faces fell (on one film 6 of 45 frames below 0.5 instead of 1).
 */
export const FORMS: Forms = {
  detector: "weights",
  landmarks: "weights",
  embedder: "integers",
  liveness: "weights",
};

/**
 * How far each may be from its float original: about twice as far as the shipped ones are on the same faces, which the
 * comments give as mean and worst.
 */
export const DRIFT_BOUNDS: Readonly<Record<NetworkName, DriftBound>> = {
  // 0.115, 0.137: over all its boxes, those without a face included.
  detector: { unit: "deviation", mean: 0.25, worst: 0.3 },
  // 0.008, 0.014
  landmarks: { unit: "deviation", mean: 0.02, worst: 0.03 },
  // 0.010, 0.023: cosines of 0.990 and 0.977.
  embedder: { unit: "cosine", mean: 0.02, worst: 0.05 },
  // 0.035, 0.087
  liveness: { unit: "deviation", mean: 0.08, worst: 0.2 },
};

/** How each network's ranges are cut: a detector must not lose its strongest answers, so its extremes are kept. */
const TAILS: Readonly<Record<NetworkName, number>> = {
  detector: 0,
  landmarks: 1e-5,
  embedder: 1e-5,
  liveness: 1e-5,
};

/** The detector's answers are steep where it is in doubt, and equalised channels made it doubt more: measured, not guessed. */
const EQUALISED: Readonly<Record<NetworkName, boolean>> = {
  detector: false,
  landmarks: true,
  embedder: true,
  liveness: true,
};

/** A float network made simpler, and what that took. */
export interface Simplified {
  readonly graph: Graph;
  readonly dropped: number;
  readonly channels: number;
}

/**
 * Makes a float network simpler without changing what it says: each step is proven on random inputs.
 * Throws QuantiseError when one of them changed the network's meaning.
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

/** Measures what a simplified network needs to be quantised, on what it was fed. */
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

/** Makes the quantised form of a simplified network; in integers it takes a picture's bytes as they are. Pure. */
export function toInt8(
  graph: Graph,
  form: Form,
  { steps, ranges }: Calibration,
  { mean, scale }: NetworkEntry["preprocessing"],
): Graph {
  if (form === "weights") return quantiseWeights(graph);
  const zeroPoint = Math.round(mean);
  // real = (byte − mean) / scale = (byte − zeroPoint) / scale + (zeroPoint − mean) / scale.
  const shifted = shiftInput(equaliseChannels(graph, steps), (zeroPoint - mean) / scale);
  return quantise(shifted, ranges, { scale: Math.fround(1 / scale), zeroPoint });
}
