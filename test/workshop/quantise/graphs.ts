import type { Attribute, Constant, Graph, GraphNode } from "../../../models/onnx/graph.ts";
import { node } from "../../../workshop/quantise/graph-rewrites.ts";
import { randomFloats } from "../../../workshop/quantise/inputs/random.ts";

const ints = (...value: number[]): Attribute => ({ kind: "ints", value });

/** A constant of random numbers, scaled. */
export function random(seed: number, shape: readonly number[], scale = 1): Constant {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, values: randomFloats(seed, count).map((value) => value * scale) };
}

export function convolution(input: string, name: string, group = 1, padding = 0, kernel = 1): GraphNode {
  return node("Conv", [input, `${name}.w`, `${name}.b`], name, {
    group: { kind: "int", value: group },
    kernel_shape: ints(kernel, kernel),
    pads: ints(padding, padding, padding, padding),
  });
}

const CHANNELS = 24;

/**
 * A block as networks are built of: 3 → 24 channels, PRelu, depthwise 3×3, PRelu, 24 → 8 channels, added to a short cut.
 * The depthwise channels in `dead` have no weights; the slope of channel 0 is 1.5 where `steep`.
 */
export function block(dead: readonly number[] = [], steep = false): Graph {
  const depthwise = random(5, [CHANNELS, 1, 3, 3], 0.5);
  for (const c of dead) (depthwise.values as Float32Array).fill(0, c * 9, (c + 1) * 9);
  const slopes = random(3, [CHANNELS, 1, 1], 0.5);
  if (steep) (slopes.values as Float32Array)[0] = 1.5;
  return {
    name: "block",
    opsets: { "": 13 },
    inputs: [{ name: "input", type: "float32", shape: [1, 3, 8, 8] }],
    outputs: [{ name: "output", type: "float32", shape: [1, 8, 8, 8] }],
    nodes: [
      convolution("input", "wide"),
      node("PRelu", ["wide", "s1"], "p1"),
      convolution("p1", "deep", CHANNELS, 1, 3),
      node("PRelu", ["deep", "s2"], "p2"),
      convolution("p2", "narrow"),
      convolution("input", "short"),
      node("Add", ["narrow", "short"], "output"),
    ],
    constants: new Map([
      ["wide.w", random(1, [CHANNELS, 3, 1, 1])],
      ["wide.b", random(2, [CHANNELS])],
      ["s1", slopes],
      ["deep.w", depthwise],
      ["deep.b", random(6, [CHANNELS])],
      ["s2", random(7, [CHANNELS, 1, 1], 0.5)],
      ["narrow.w", random(8, [8, CHANNELS, 1, 1], 0.5)],
      ["narrow.b", random(9, [8])],
      ["short.w", random(10, [8, 3, 1, 1])],
      ["short.b", random(11, [8])],
    ]),
  };
}
