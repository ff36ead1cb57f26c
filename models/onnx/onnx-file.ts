import protobuf from "protobufjs";
import { QuantiseError } from "./errors.ts";
import type { Attribute, Constant, ElementType, Graph, GraphNode, Port, Values } from "./graph.ts";

/** The used part of the ONNX format: messages and field numbers of onnx.proto3 (ONNX, IR version 8). */
const SCHEMA = `
syntax = "proto3";
message Model { int64 ir = 1; string producer = 2; Graph graph = 7; repeated Opset opset = 8; }
message Opset { string domain = 1; int64 version = 2; }
message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5;
  repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message Node { repeated string input = 1; repeated string output = 2; string op = 4; repeated Attribute attribute = 5;
  string domain = 7; }
message Attribute { string name = 1; float f = 2; int64 i = 3; bytes s = 4; Tensor t = 5; repeated float floats = 7;
  repeated int64 ints = 8; int32 type = 20; }
message Tensor { repeated int64 dims = 1; int32 type = 2; string name = 8; bytes raw = 9; }
message ValueInfo { string name = 1; Type type = 2; }
message Type { TensorType tensor = 1; }
message TensorType { int32 element = 1; Shape shape = 2; }
message Shape { repeated Dimension dim = 1; }
message Dimension { int64 value = 1; }
`;

const IR_VERSION = 8;
const PRODUCER = "matchlight forge";

/** ONNX's numbers of the used element types (TensorProto.DataType). */
const ELEMENT_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;

/** ONNX's numbers of attribute types (AttributeProto.AttributeType). */
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;

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

const MODEL = protobuf.parse(SCHEMA).root.lookupType("Model");

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

/** The element type of values. */
function typeOf(values: Values): ElementType {
  if (values instanceof Float32Array) return "float32";
  if (values instanceof BigInt64Array) return "int64";
  if (values instanceof Int32Array) return "int32";
  return values instanceof Int8Array ? "int8" : "uint8";
}

/** Writes a network as an ONNX file; the same graph gives the same bytes. */
export function writeOnnx(graph: Graph): Uint8Array {
  const model = {
    ir: IR_VERSION,
    producer: PRODUCER,
    opset: Object.entries(graph.opsets).map(([domain, version]) => ({ domain, version })),
    graph: {
      name: graph.name,
      node: graph.nodes.map(writeNode),
      initializer: [...graph.constants].map(([name, constant]) => writeTensor(constant, name)),
      input: graph.inputs.map(writePort),
      output: graph.outputs.map(writePort),
    },
  };
  return MODEL.encode(MODEL.fromObject(model)).finish();
}

function writeNode({ op, domain, inputs, outputs, attributes }: GraphNode): object {
  const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...writeAttribute(value) }));
  return { op, domain, input: inputs, output: outputs, attribute };
}

function writeAttribute(attribute: Attribute): object {
  const type = ATTRIBUTE_TYPES[attribute.kind];
  switch (attribute.kind) {
    case "float":
      return { type, f: attribute.value };
    case "int":
      return { type, i: attribute.value };
    case "string":
      return { type, s: new TextEncoder().encode(attribute.value) };
    case "tensor":
      return { type, t: writeTensor(attribute.value, "") };
    default:
      return { type, [attribute.kind]: attribute.value };
  }
}

function writeTensor({ shape, values }: Constant, name: string): object {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dims: shape, type: ELEMENT_TYPES[typeOf(values)], raw };
}

/** A port without a shape has a type that the runtime derives. */
function writePort({ name, type, shape }: Port): object {
  if (!type || !shape) return { name };
  return {
    name,
    type: { tensor: { element: ELEMENT_TYPES[type], shape: { dim: shape.map((value) => ({ value })) } } },
  };
}
