import { QuantiseError } from "../../../models/onnx/errors.ts";
import type { Graph } from "../../../models/onnx/graph.ts";
import { countOf } from "../graph-rewrites.ts";
import { randomFloats } from "../inputs/random.ts";
import type { Evaluator } from "./evaluator.ts";

/**
 * The distance of two graphs on the same inputs: the largest difference, relative to the largest value of that output.
 */
export async function distance(a: Graph, b: Graph, evaluator: Evaluator, trials = 4): Promise<number> {
  let worst = 0;
  for (let trial = 0; trial < trials; trial++) {
    const feeds = new Map(
      a.inputs.map(({ name, shape = [] }, i) => [
        name,
        { shape, values: randomFloats(trial * 100 + i + 1, countOf(shape)) },
      ]),
    );
    const [said, says] = [await evaluator(a, feeds), await evaluator(b, feeds)];
    for (const { name } of a.outputs) {
      worst = Math.max(worst, relative(said.get(name)?.values, says.get(name)?.values));
    }
  }
  return worst;
}

/** Throws QuantiseError if a rewrite changed an output by more than `tolerance` of its largest value. */
export async function requireSame(before: Graph, after: Graph, evaluator: Evaluator, tolerance = 1e-4): Promise<Graph> {
  const apart = await distance(before, after, evaluator);
  if (apart <= tolerance) return after;
  throw new QuantiseError(`a rewrite of "${before.name}" changed its meaning by ${apart.toExponential(1)}: not used`);
}

function relative(a: ArrayLike<number | bigint> | undefined, b: ArrayLike<number | bigint> | undefined): number {
  if (!a || !b || a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [largest, apart] = [1e-12, 0];
  for (let i = 0; i < a.length; i++) {
    largest = Math.max(largest, Math.abs(Number(a[i])));
    apart = Math.max(apart, Math.abs(Number(a[i]) - Number(b[i])));
  }
  // A comparison with NaN is false, so NaN must not pass for the same.
  return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart / largest;
}
