import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelError } from "../errors.ts";
import type { Network, Port } from "./network.ts";

/** One thread, no spinning: on a two- or four-core camera more threads made sessions slower, not faster. */
const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  logSeverityLevel: 3,
};

/** Loads an ONNX network with onnxruntime on the CPU. Throws ModelError when it is no network or has other ports. */
export async function loadOnnx(bytes: Uint8Array, input: Port, outputs: readonly Port[]): Promise<Network> {
  const session = await create(bytes);
  requirePorts(session.inputMetadata, [input]);
  requirePorts(session.outputMetadata, outputs);
  return {
    run: (values) => run(session, values, input, outputs),
    close: () => session.release(),
  };
}

async function create(bytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, OPTIONS);
  } catch (cause) {
    throw new ModelError("network_mismatch", "the inference runtime cannot read this network", { cause });
  }
}

function requirePorts(actual: readonly InferenceSession.ValueMetadata[], wanted: readonly Port[]): void {
  for (const port of wanted) {
    const found = actual.find((one) => one.name === port.name);
    if (found?.isTensor && found.type === "float32" && String(found.shape) === String(port.shape)) continue;
    const is = found?.isTensor ? `${found.type} of shape ${found.shape}` : "missing";
    throw new ModelError(
      "network_mismatch",
      `port "${port.name}" should be float32 of shape ${port.shape}; it is ${is}`,
    );
  }
}

async function run(
  session: InferenceSession,
  values: Float32Array,
  input: Port,
  outputs: readonly Port[],
): Promise<readonly Float32Array[]> {
  const results = await session.run({ [input.name]: new Tensor("float32", values, input.shape) });
  return outputs.map((port) => floats(results[port.name], port));
}

function floats(tensor: Tensor | undefined, port: Port): Float32Array {
  const length = port.shape.reduce((product, size) => product * size, 1);
  if (tensor?.data instanceof Float32Array && tensor.data.length === length) return tensor.data;
  throw new ModelError("network_mismatch", `output "${port.name}" should hold ${length} floats, shape ${port.shape}`);
}
