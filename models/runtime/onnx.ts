import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelError } from "../pack/errors.ts";
import { type Network, type Pixels, type Port, requirePort } from "./network.ts";

/** One thread without spinning: on two or four cores more threads made sessions slower. */
const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  // With planning, the tensors between the layers are one piece of memory: half as many pages to clear, and malloc
  // returns it after the run, as `npm start` configures it. To keep the memory for the next run took 8 MB more for each
  // network and saved no time.
  enableMemPattern: true,
  enableCpuMemArena: false,
  graphOptimizationLevel: "all",
  logSeverityLevel: 3,
  // Weights stored as bytes become floats once, at load, not at each run. On x86 without VNNI, onnxruntime adds pairs of
  // byte products in 16 bits, which overflows: sums are too small, and faces more similar. `x64quantprecision` makes
  // the sums exact, at some cost in time.
  extra: { session: { disable_quant_qdq: "1", x64quantprecision: "1" } },
};

/** Loads an ONNX network with onnxruntime on the CPU. Throws ModelError if it is no network or has other ports. */
export async function loadOnnx(bytes: Uint8Array, input: Port, outputs: readonly Port[]): Promise<Network> {
  const session = await create(bytes);
  requirePort(find(session.inputMetadata, input.name), input);
  for (const port of outputs) requirePort(find(session.outputMetadata, port.name), port);
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

function find(ports: readonly InferenceSession.ValueMetadata[], name: string): Omit<Port, "name"> | undefined {
  const found = ports.find((one) => one.name === name);
  // A tensor has a shape. `requirePort` refuses other types.
  return found?.isTensor ? { shape: found.shape as number[], type: found.type as Port["type"] } : undefined;
}

async function run(
  session: InferenceSession,
  values: Pixels,
  input: Port,
  outputs: readonly Port[],
): Promise<readonly Float32Array[]> {
  const results = await session.run({ [input.name]: toOrt(values, input.shape) });
  return outputs.map((port) => floats(results[port.name], port));
}

/** The class of the array is the element type of the tensor. */
function toOrt(values: AnyTensor["values"], shape: readonly number[]): Tensor {
  return new Tensor(values as Float32Array, shape);
}

function floats(tensor: Tensor | undefined, port: Port): Float32Array {
  const length = port.shape.reduce((product, size) => product * size, 1);
  if (tensor?.data instanceof Float32Array && tensor.data.length === length) return tensor.data;
  throw new ModelError("network_mismatch", `output "${port.name}" should hold ${length} floats, shape ${port.shape}`);
}

/** A tensor of any element type that quantisation uses; the class of the array is the type. */
export interface AnyTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;
}

/** A network with all inputs and outputs by name and of any type, for tools. */
export interface OpenGraph extends AsyncDisposable {
  run(feeds: ReadonlyMap<string, AnyTensor>): Promise<ReadonlyMap<string, AnyTensor>>;
}

/** Opens a network without checking its ports. Throws ModelError if the runtime cannot read it. */
export async function openGraph(bytes: Uint8Array): Promise<OpenGraph> {
  const session = await create(bytes);
  return {
    run: async (feeds) => {
      const inputs = session.inputNames.flatMap((name) => {
        const tensor = feeds.get(name);
        return tensor ? [[name, toOrt(tensor.values, tensor.shape)] as const] : [];
      });
      const results = await session.run(Object.fromEntries(inputs));
      return new Map(Object.entries(results).map(([name, tensor]) => [name, readAny(tensor)]));
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

function readAny({ dims, data }: Tensor): AnyTensor {
  return { shape: dims, values: data as AnyTensor["values"] };
}
