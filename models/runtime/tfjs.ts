import type { Graph } from "../onnx/graph.ts";
import { readOnnx } from "../onnx/onnx-file.ts";
import { ModelError } from "../pack/errors.ts";
import { type Network, type Pixels, type Port, requirePort } from "./network.ts";
import { type Compute, OPERATORS, WEIGHTED } from "./tfjs-ops.ts";
import { computeAndRead, constantValue, startBackend, tensorValue, type Value } from "./tfjs-values.ts";

/**
 * Loads an ONNX network of floats with TensorFlow.js. Throws ModelError: `network_mismatch` if it is no network or has
 * other ports, `runtime_unsupported` if it has unknown operators, `runtime_unavailable`.
 */
export async function loadTfjs(bytes: Uint8Array, input: Port, outputs: readonly Port[]): Promise<Network> {
  const graph = read(bytes);
  requireKnown(graph);
  for (const port of [input]) requirePort(find(graph.inputs, port.name), port);
  for (const port of outputs) requirePort(find(graph.outputs, port.name), port);
  await startBackend();
  const { run, close } = prepare(graph);
  return {
    run: (values) => computeAndRead(() => run(tensorValue(floatsOf(values, input), input.shape), input, outputs)),
    close: async () => close(),
  };
}

function read(bytes: Uint8Array): Graph {
  try {
    return readOnnx(bytes);
  } catch (cause) {
    throw new ModelError("network_mismatch", "the inference runtime cannot read this network", { cause });
  }
}

function find(ports: Graph["inputs"], name: string): Port | undefined {
  const found = ports.find((one) => one.name === name);
  if (!found?.shape || (found.type !== "float32" && found.type !== "uint8")) return undefined;
  return { name, shape: found.shape, type: found.type };
}

/** Throws at load with all unknown operators, not during a verification. */
function requireKnown({ nodes }: Graph): void {
  const unknown = [...new Set(nodes.filter(({ op }) => !OPERATORS[op]).map(({ op }) => op))];
  if (unknown.length === 0) return;
  throw new ModelError(
    "runtime_unsupported",
    `the tfjs runtime computes float networks only, and this one uses ${unknown.join(", ")}: choose the pack fp32, or the runtime onnx`,
  );
}

interface Step {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly compute: Compute;
}

function prepare(graph: Graph) {
  const weights: { dispose(): void }[] = [];
  const keep = <T extends { dispose(): void }>(weight: T): T => {
    weights.push(weight);
    return weight;
  };
  const steps = graph.nodes.map((node): Step => {
    const compute = OPERATORS[node.op]?.(node, graph.constants, keep);
    if (!compute) throw new ModelError("runtime_unsupported", `the tfjs runtime does not know ${node.op}`);
    const inputs = WEIGHTED.has(node.op) ? node.inputs.slice(0, 1) : node.inputs.filter(Boolean);
    return { inputs, output: node.outputs[0] ?? "", compute };
  });
  const constants = new Map<string, Value>();
  for (const name of steps.flatMap(({ inputs }) => inputs)) {
    const constant = graph.constants.get(name);
    if (constant) constants.set(name, constantValue(constant, keep));
  }
  const run = (value: Value, input: Port, outputs: readonly Port[]): readonly Value[] => {
    const values = new Map([...constants, [input.name, value]]);
    const get = (name: string): Value => {
      const found = values.get(name);
      if (found) return found;
      throw new ModelError("network_mismatch", `the network uses "${name}" before it is computed`);
    };
    for (const { inputs, output, compute } of steps) values.set(output, compute(inputs.map(get)));
    return outputs.map(({ name }) => get(name));
  };
  const close = () => {
    for (const weight of weights.splice(0)) weight.dispose();
  };
  return { run, close };
}

function floatsOf(values: Pixels, { name }: Port): Float32Array {
  if (values instanceof Float32Array) return values;
  throw new ModelError("runtime_unsupported", `the tfjs runtime takes floats, and the input "${name}" was given bytes`);
}
