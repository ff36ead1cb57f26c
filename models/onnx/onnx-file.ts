import { QuantiseError } from "./errors.ts";
import type { Attribute, Constant, ElementType, Graph, Port, Values } from "./graph.ts";
import { ATTRIBUTE_TYPES, ELEMENT_TYPES, MODEL } from "./onnx-schema.ts";

interface RawTensor {
  readonly dims: readonly number[];
  readonly type: number;
  readonly name: string;
  readonly raw: Uint8Array;
}

interface RawAttribute {
  readonly name: string;
  readonly f: number;
  readonly i: number;
  readonly s: Uint8Array;
  readonly t: RawTensor | null;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly type: number;
}

interface RawPort {
  readonly name: string;
  readonly type: { tensor: { element: number; shape: { dim: { value: number }[] } | null } | null } | null;
}

interface RawModel {
  readonly graph: {
    readonly name: string;
    readonly node: readonly {
      input: string[];
      output: string[];
      op: string;
      attribute: RawAttribute[];
      domain: string;
    }[];
    readonly initializer: readonly RawTensor[];
    readonly input: readonly RawPort[];
    readonly output: readonly RawPort[];
  };
  readonly opset: readonly { readonly domain: string; readonly version: number }[];
}

/** Reads an ONNX file. Throws QuantiseError if it is not valid or has unsupported content. */
export function readOnnx(bytes: Uint8Array): Graph {
  const { graph, opset } = decode(bytes);
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, readTensor(tensor)]));
  return {
    name: graph.name,
    opsets: Object.fromEntries(opset.map(({ domain, version }) => [domain, version])),
    // Before IR version 4 constants were also listed as inputs.
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(readPort),
    outputs: graph.output.map(readPort),
    nodes: graph.node.map(({ input, output, op, attribute, domain }) => ({
      op,
      domain,
      inputs: input,
      outputs: output,
      attributes: Object.fromEntries(attribute.map((one) => [one.name, readAttribute(one)])),
    })),
    constants,
  };
}

/** Integers beyond the safe range mean "to the end" (Slice). The largest safe integer means the same. */
function clampIntegers(value: unknown): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));
}

function decode(bytes: Uint8Array): RawModel {
  try {
    const message = MODEL.decode(bytes);
    return MODEL.toObject(message, { longs: Number, defaults: true, arrays: true }) as RawModel;
  } catch (cause) {
    throw new QuantiseError("this is not an ONNX file", { cause });
  }
}

function readPort({ name, type }: RawPort): Port {
  const tensor = type?.tensor;
  return { name, type: elementType(tensor?.element ?? 0), shape: tensor?.shape?.dim.map(({ value }) => value) ?? [] };
}

function readAttribute(raw: RawAttribute): Attribute {
  switch (raw.type) {
    case ATTRIBUTE_TYPES.float:
      return { kind: "float", value: raw.f };
    case ATTRIBUTE_TYPES.int:
      return { kind: "int", value: clampIntegers(raw.i) };
    case ATTRIBUTE_TYPES.string:
      return { kind: "string", value: new TextDecoder().decode(raw.s) };
    case ATTRIBUTE_TYPES.floats:
      return { kind: "floats", value: raw.floats };
    case ATTRIBUTE_TYPES.ints:
      return { kind: "ints", value: raw.ints.map(clampIntegers) };
    case ATTRIBUTE_TYPES.tensor:
      if (raw.t) return { kind: "tensor", value: readTensor(raw.t) };
  }
  throw new QuantiseError(`attribute "${raw.name}" has the kind ${raw.type}, which is not supported`);
}

/** Values are copied, because a typed array must begin at a multiple of its element size. */
function readTensor({ name, dims, type, raw }: RawTensor): Constant {
  const bytes = Uint8Array.from(raw).buffer;
  const values = makeValues(elementType(type), bytes);
  const count = dims.reduce((product, size) => product * size, 1);
  if (values.length !== count) throw new QuantiseError(`constant "${name}" should hold ${count} values as raw bytes`);
  return { shape: dims, values };
}

function makeValues(type: ElementType, buffer: ArrayBuffer): Values {
  switch (type) {
    case "float32":
      return new Float32Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "uint8":
      return new Uint8Array(buffer);
  }
}

function elementType(number: number): ElementType {
  const found = (Object.keys(ELEMENT_TYPES) as ElementType[]).find((name) => ELEMENT_TYPES[name] === number);
  if (found) return found;
  throw new QuantiseError(`ONNX's element type ${number} of tensors is not supported`);
}
