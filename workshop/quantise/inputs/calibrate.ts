import type { Graph } from "../../../models/onnx/graph.ts";
import { openWithInternals } from "../compare/evaluator.ts";
import type { Range } from "../passes/integers.ts";

/** How ranges are cut: the share of values beyond either end. 0 keeps the extremes. */
export interface CalibrationOptions {
  readonly tail: number;
  readonly progress?: (done: number, total: number) => void;
}

/** The calibration of a network: the scale of its channels, and the ranges after scaling. */
export interface Calibration {
  /** For each channel of some values: its factor, as a power of 2^(1/8). */
  readonly steps: ReadonlyMap<string, readonly number[]>;
  readonly ranges: ReadonlyMap<string, Range>;
}

const BINS = 4096;

/** The digits of rounded values: enough for a byte, and the same on all machines. */
const DIGITS = 3;

/**
 * The magnitude of channels: the mean, over the inputs, of each channel's largest absolute value. One unusual picture
 * does not dominate a mean.
 */
export async function measureMagnitudes(
  graph: Graph,
  values: readonly string[],
  inputs: readonly Float32Array[],
): Promise<ReadonlyMap<string, Float64Array>> {
  const sums = new Map<string, Float64Array>();
  if (values.length === 0) return sums;
  await using opened = await openWithInternals(graph, values);
  for (const input of inputs) {
    for (const [name, { shape, values: seen }] of await opened.run(feed(graph, input))) {
      const sum = sums.get(name) ?? new Float64Array(shape[1] ?? 1);
      sums.set(name, sum);
      addLargest(sum, seen as Float32Array, inputs.length);
    }
  }
  return sums;
}

function addLargest(sum: Float64Array, values: Float32Array, count: number): void {
  const size = values.length / sum.length;
  for (let c = 0; c < sum.length; c++) {
    let largest = 0;
    for (let i = c * size; i < (c + 1) * size; i++) largest = Math.max(largest, Math.abs(values[i] as number));
    sum[c] = (sum[c] as number) + largest / count;
  }
}

function feed(graph: Graph, values: Float32Array) {
  const [port] = graph.inputs;
  return new Map([[port?.name ?? "", { shape: port?.shape ?? [], values }]]);
}

/** The intermediate floats of a graph, in order, of which the ranges must be measured. */
function activationsOf(graph: Graph): readonly string[] {
  return graph.nodes.flatMap(({ outputs }) => outputs);
}

/**
 * Runs a float graph on inputs and measures the range of every value it computes: first the extremes, then a histogram
 * between them, whose tails are cut off.
 */
export async function calibrate(
  graph: Graph,
  inputs: readonly Float32Array[],
  { tail, progress }: CalibrationOptions,
): Promise<ReadonlyMap<string, Range>> {
  await using opened = await openWithInternals(graph, activationsOf(graph));
  const look = async (visit: (name: string, values: Float32Array) => void, offset: number) => {
    for (const [i, values] of inputs.entries()) {
      for (const [name, tensor] of await opened.run(feed(graph, values)))
        if (tensor.values instanceof Float32Array) visit(name, tensor.values);
      progress?.(offset + i + 1, inputs.length * 2);
    }
  };
  const extremes = new Map<string, Range>();
  await look((name, values) => extremes.set(name, widened(extremes.get(name), values)), 0);
  const histograms = new Map([...extremes].map(([name, range]) => [name, { range, bins: new Float64Array(BINS) }]));
  await look((name, values) => count(histograms.get(name), values), inputs.length);
  return new Map([...histograms].map(([name, histogram]) => [name, rounded(trimmed(histogram, tail))]));
}

interface Histogram {
  readonly range: Range;
  readonly bins: Float64Array;
}

function widened(range: Range | undefined, values: Float32Array): Range {
  let { low, high } = range ?? { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

function count(histogram: Histogram | undefined, values: Float32Array): void {
  if (!histogram) return;
  const { low, high } = histogram.range;
  const factor = high > low ? BINS / (high - low) : 0;
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor((value - low) * factor));
    histogram.bins[bin] = (histogram.bins[bin] as number) + 1;
  }
}

/** The range without the share `tail` of the values at each end. */
function trimmed({ range, bins }: Histogram, tail: number): Range {
  const allowed = tail * bins.reduce((sum, value) => sum + value, 0);
  const step = (range.high - range.low) / BINS;
  const skipped = (order: readonly number[]) => {
    let sum = 0;
    return order.findIndex((bin) => {
      sum += bins[bin] as number;
      return sum > allowed;
    });
  };
  const up = Array.from({ length: BINS }, (_, bin) => bin);
  return { low: range.low + step * skipped(up), high: range.high - step * skipped(up.reverse()) };
}

function rounded({ low, high }: Range): Range {
  return { low: Number(low.toPrecision(DIGITS)), high: Number(high.toPrecision(DIGITS)) };
}
