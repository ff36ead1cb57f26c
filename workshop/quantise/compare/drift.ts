import { QuantiseError } from "../../../models/onnx/errors.ts";
import type { Constant } from "../../../models/onnx/graph.ts";
import { openGraph } from "../../../models/runtime/onnx.ts";

/**
 * The unit of the distance of two outputs. `cosine`: 1 − cosine, for features. `deviation`: the mean absolute
 * difference in standard deviations of the float output.
 */
export type Unit = "cosine" | "deviation";

/** The distance between a quantised network and its float original on the same inputs. */
export interface Drift {
  readonly unit: Unit;
  readonly inputs: number;
  readonly mean: number;
  /** On the input with the largest distance. */
  readonly worst: number;
}

/** The largest allowed distance. */
export interface DriftBound {
  readonly unit: Unit;
  readonly mean: number;
  readonly worst: number;
}

/** The bytes of a network, and how its input follows from the input of the float network. */
export interface Fedable {
  readonly bytes: Uint8Array;
  readonly feed: (input: Float32Array) => Constant;
}

/** Runs both networks on the same inputs. The output with the largest distance counts. */
export async function measureDrift(
  float: Fedable,
  quantised: Fedable,
  port: { readonly input: string; readonly outputs: readonly string[] },
  inputs: readonly Float32Array[],
  unit: Unit,
): Promise<Drift> {
  const said = await runAll(float, port, inputs);
  const says = await runAll(quantised, port, inputs);
  const each = port.outputs.map((_, output) => apart(unit, valuesOf(said, output), valuesOf(says, output)));
  const distances = inputs.map((_, i) => largest(each.map((distances) => distances[i] ?? Number.NaN)));
  const mean = distances.reduce((sum, value) => sum + value, 0) / distances.length;
  return { unit, inputs: inputs.length, mean, worst: largest(distances) };
}

type Outputs = readonly Float32Array[];

async function runAll(
  { bytes, feed }: Fedable,
  { input, outputs }: { readonly input: string; readonly outputs: readonly string[] },
  inputs: readonly Float32Array[],
): Promise<readonly Outputs[]> {
  await using opened = await openGraph(bytes);
  const all: Outputs[] = [];
  for (const values of inputs) {
    const results = await opened.run(new Map([[input, feed(values)]]));
    all.push(outputs.map((name) => Float32Array.from((results.get(name)?.values ?? []) as Float32Array)));
  }
  return all;
}

const valuesOf = (all: readonly Outputs[], output: number) => all.map((one) => one[output] ?? new Float32Array(0));

/** The distance for each input of one output. */
function apart(unit: Unit, said: Outputs, says: Outputs): readonly number[] {
  const spread = unit === "deviation" ? deviationOf(said) : 1;
  return said.map((a, i) => {
    const b = says[i] ?? new Float32Array(0);
    if (a.length === 0 || a.length !== b.length) return Number.NaN;
    return unit === "cosine" ? 1 - cosineOf(a, b) : meanDifference(a, b) / spread;
  });
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0) / (Math.hypot(...a) * Math.hypot(...b));
}

function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;
}

/** The standard deviation of each number over the inputs, and the root of the mean square of these. */
function deviationOf(all: Outputs): number {
  const size = all[0]?.length ?? 0;
  let squares = 0;
  for (let i = 0; i < size; i++) {
    const values = all.map((one) => one[i] as number);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    squares += values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  }
  return Math.sqrt(squares / size);
}

/** Math.max is NaN if one value is NaN, so that a network with invalid outputs has the largest distance. */
function largest(values: readonly number[]): number {
  const most = Math.max(...values);
  return Number.isNaN(most) ? Number.POSITIVE_INFINITY : most;
}

/** Throws QuantiseError if a distance exceeds its bound, or nothing was compared. */
export function requireNear(name: string, drift: Drift, bound: DriftBound): void {
  if (drift.inputs > 0 && drift.mean <= bound.mean && drift.worst <= bound.worst) return;
  throw new QuantiseError(
    `The quantised ${name} is not used: ${describeDrift(drift)}; at most ${say(bound, bound.mean)} in the mean and ` +
      `${say(bound, bound.worst)} at worst are allowed. Ranges that do not fit the network, or a step of the recipe, do ` +
      "this. Take back what was last changed in workshop/quantise, or measure ranges anew: npm run quantise -- --calibrate.",
  );
}

/** One phrase for people. */
export function describeDrift(drift: Drift): string {
  const of = `on ${drift.inputs} inputs`;
  if (drift.unit === "cosine") {
    return `cosine with the float original ${say(drift, drift.mean)} in the mean, ${say(drift, drift.worst)} at least, ${of}`;
  }
  return `${say(drift, drift.mean)} from the float original in the mean, ${say(drift, drift.worst)} at worst, ${of}`;
}

function say({ unit }: { readonly unit: Unit }, value: number): string {
  return unit === "cosine" ? (1 - value).toFixed(3) : `${value.toFixed(4)} standard deviations`;
}
