import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelError } from "../pack/errors.ts";
import { type Network, type Pixels, type Port, requirePort } from "./network.ts";

/** One thread, no spinning: on a two- or four-core camera more threads made sessions slower, not faster. */
const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  // Planned ahead, what lies between the layers is one piece of memory instead of many: half as many pages to clear, and
  // malloc gives it back to the system after the run, as `npm start` tells it to. Keeping what a run needed for the next,
  // for each network apart, took 8 MB more, and no less time.
  enableMemPattern: true,
  enableCpuMemArena: false,
  graphOptimizationLevel: "all",
  logSeverityLevel: 3,
  // Weights stored as bytes for a float network become floats once, at load; otherwise they would at each run.
  // Where an x86 processor has no dot products of bytes (VNNI), onnxruntime adds pairs of them up in 16 bits, which is too few
  // for the largest: sums come out smaller, and faces more alike. With this it takes longer and is exact.
  extra: { session: { disable_quant_qdq: "1", x64quantprecision: "1" } },
};

/** Loads an ONNX network with onnxruntime on the CPU. Throws ModelError when it is no network or has other ports. */
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
  // The shape is known as soon as the port is a tensor; a type that no port has is refused as it is called.
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

/** The class of the array says which element type the tensor has. */
function toOrt(values: AnyTensor["values"], shape: readonly number[]): Tensor {
  return new Tensor(values as Float32Array, shape);
}

function floats(tensor: Tensor | undefined, port: Port): Float32Array {
  const length = port.shape.reduce((product, size) => product * size, 1);
  if (tensor?.data instanceof Float32Array && tensor.data.length === length) return tensor.data;
  throw new ModelError("network_mismatch", `output "${port.name}" should hold ${length} floats, shape ${port.shape}`);
}

/** A tensor of any of the element types that the forge works with; their arrays' classes tell them apart. */
export interface AnyTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;
}

/** A network with all its inputs and outputs by name, whatever their types: for tools, not for the device. */
export interface OpenGraph extends AsyncDisposable {
  run(feeds: ReadonlyMap<string, AnyTensor>): Promise<ReadonlyMap<string, AnyTensor>>;
}

/** Opens a network as it is. Throws ModelError when the runtime cannot read it. */
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
